// What imports what. Dependencies point one way: graph ← core ← runtime ← families, numerics beside them.
import ts from 'typescript'
import { isAlgorithm, violation } from '../syntax.ts'
import { families, type Rule, type Source, type Violation, type Workspace } from '../workspace.ts'

/** A package may import those of a lower rank. */
const rank: Readonly<Record<string, number>> = {
  ...{ numerics: 0, graph: 1, core: 2, autodiff: 3, runtime: 3, testing: 4 },
  ...Object.fromEntries(families.map(family => [family, 5])),
  ...{ data: 6, pipelines: 7, evaluation: 7, search: 8, damson: 9 },
}

/** `index.ts` only re-exports. */
export const indexFiles: Rule = ({ sources }) =>
  sources
    .filter(source => source.library && source.name === 'index.ts')
    .flatMap(source =>
      source.syntax.statements
        .filter(
          statement =>
            !(
              ts.isExportDeclaration(statement) &&
              (statement.moduleSpecifier !== undefined || isEmpty(statement))
            ),
        )
        .map(statement => violation(source, statement, 'index', 'index.ts only re-exports')),
    )

/** Each package imports only what stands below it, families never each other, and nothing reaches into another package's files. */
export const layers: Rule = ({ sources }) =>
  sources
    .filter(source => source.library && !source.test)
    .flatMap(source => importsOf(source).flatMap(found => layerBreach(source, found)))

function layerBreach(source: Source, { node, target }: Import): Violation[] {
  const from = source.folder.replace('packages/', '')
  const to = /^@damson\/([^/]+)|^(damson)(?:\/|$)/.exec(target)?.slice(1).find(Boolean)
  if (target.startsWith('..') && !resolved(source.path, target).startsWith(`${source.folder}/`)) {
    return [
      violation(source, node, 'layer', `${target} reaches out of its package: import the package by name`),
    ]
  }
  if (to === undefined || to === from) return []
  const [above, below] = [rank[from], rank[to]]
  if (above === undefined)
    return [violation(source, node, 'layer', `${from} has no rank: add it to the table of this rule`)]
  if (below === undefined) return [violation(source, node, 'layer', `${to} is not for libraries`)]
  if (from === 'numerics') return [violation(source, node, 'layer', 'numerics imports nothing')]
  return below < above
    ? []
    : [violation(source, node, 'layer', `${from} must not import ${to}: dependencies point the other way`)]
}

/** Imports between the files of a package have no cycle; imports of types alone do not count. */
export const fileCycles: Rule = ({ sources }) => {
  const byPath = new Map(sources.filter(source => !source.test).map(source => [source.path, source]))
  const edges = new Map(
    [...byPath].map(([path, source]) => [
      path,
      importsOf(source)
        .filter(found => !found.typeOnly && found.target.startsWith('.'))
        .map(found => resolved(path, found.target))
        .filter(target => byPath.has(target)),
    ]),
  )
  return cyclesOf(edges).map(cycle => ({
    file: cycle[0] ?? '',
    line: 1,
    rule: 'cycle',
    message: cycle.join(' → '),
  }))
}

/** Packages have no cycle either, dev dependencies included: the task runner could not order them. */
export const packageCycles: Rule = workspace => {
  const manifests = manifestsOf(workspace)
  const edges = new Map(
    manifests.map(({ path, dependencies }) => [
      path,
      dependencies.flatMap(name => manifests.filter(other => other.name === name).map(other => other.path)),
    ]),
  )
  return cyclesOf(edges).map(cycle => ({
    file: cycle[0] ?? '',
    line: 1,
    rule: 'package-cycle',
    message: cycle.join(' → '),
  }))
}

/** Files beside each other are imported with their extension. */
export const extensions: Rule = ({ sources }) =>
  sources.flatMap(source =>
    importsOf(source)
      .filter(({ target }) => target.startsWith('.') && !/\.(ts|js|mjs|json|wasm|css)$/.test(target))
      .map(({ node, target }) => violation(source, node, 'extension', `${target} needs its extension (.ts)`)),
  )

/** A family's index names each of its algorithms, so `import { x } from '@damson/family'` finds it. */
export const algorithmExports: Rule = ({ sources }) =>
  sources.filter(isAlgorithm).flatMap(source => {
    const index = sources.find(({ path }) => path === `${source.folder}/src/index.ts`)
    const line = `export * from './algorithms/${source.name}'`
    const exported = index?.text.includes(`'./algorithms/${source.name}'`) ?? false
    return exported
      ? []
      : [
          {
            file: `${source.folder}/src/index.ts`,
            line: 1,
            rule: 'algorithm-export',
            message: `does not re-export ${source.name}: add ${line}`,
          },
        ]
  })

interface Import {
  readonly node: ts.Statement
  readonly target: string
  readonly typeOnly: boolean
}

function importsOf(source: Source): Import[] {
  return source.syntax.statements.flatMap(node => {
    if (!ts.isImportDeclaration(node) && !ts.isExportDeclaration(node)) return []
    const target = node.moduleSpecifier
    if (target === undefined || !ts.isStringLiteral(target)) return []
    const typeOnly = ts.isExportDeclaration(node) ? node.isTypeOnly : onlyTypes(node.importClause)
    return [{ node, target: target.text, typeOnly }]
  })
}

function onlyTypes(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false
  const named = clause.namedBindings
  const elements = named !== undefined && ts.isNamedImports(named) ? named.elements : []
  return (
    clause.isTypeOnly ||
    (clause.name === undefined && elements.length > 0 && elements.every(element => element.isTypeOnly))
  )
}

function isEmpty(statement: ts.ExportDeclaration): boolean {
  const clause = statement.exportClause
  return clause !== undefined && ts.isNamedExports(clause) && clause.elements.length === 0
}

function resolved(from: string, target: string): string {
  return new URL(target, `file:///${from}`).pathname.slice(1)
}

interface Manifest {
  readonly path: string
  readonly name: string
  readonly dependencies: readonly string[]
}

function manifestsOf({ files }: Workspace): Manifest[] {
  return files
    .filter(({ path }) => /^(packages|tooling|apps|docs)\/(?:[^/]+\/)?package\.json$/.test(path))
    .map(({ path, text }) => {
      const { name, dependencies, devDependencies } = JSON.parse(text)
      return { path, name: String(name), dependencies: Object.keys({ ...dependencies, ...devDependencies }) }
    })
}

/** One cycle for each strongly connected group, found by depth-first search. */
function cyclesOf(edges: ReadonlyMap<string, readonly string[]>): string[][] {
  const done = new Set<string>()
  const cycles: string[][] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) cycles.push([...trail.slice(start), path])
    if (start >= 0 || done.has(path)) return
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path])
    done.add(path)
  }
  for (const path of edges.keys()) visit(path, [])
  return cycles
}
