// The public API of a package as text: for each entry point every exported declaration, sorted by name, as it stands
// in the built .d.ts files, without comments; then the declarations that those mention but that are not exported.
// Names of the build's chunks do not show, so only a change of the API changes the text.
import { relative } from 'node:path'
import ts from 'typescript'

/** Declarations by entry point, in the order given: `['.', 'dist/index.d.ts']`. */
export function apiSnapshot(
  name: string,
  folder: string,
  entries: readonly (readonly [string, string])[],
): string {
  const program = ts.createProgram(
    entries.map(([, file]) => file),
    {
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
      noLib: true,
      types: [],
    },
  )
  const sections = entries.map(([subpath, file]) => {
    const source = program.getSourceFile(file)
    if (source === undefined)
      throw new Error(`expected ${relative(folder, file)} of ${name}, found nothing: build first`)
    return `// ${subpath === '.' ? name : name + subpath.slice(1)}\n${entryText(program.getTypeChecker(), source, folder)}`
  })
  const head = `// The public API of ${name}. Written by \`pnpm api --update\`; a change here is a change for users.\n`
  return `${head}\n${sections.join('\n')}`
}

function entryText(checker: ts.TypeChecker, source: ts.SourceFile, folder: string): string {
  const module = checker.getSymbolAtLocation(source)
  const exported = module === undefined ? [] : checker.getExportsOfModule(module)
  const byName = new Map(exported.map(symbol => [symbol.name, targetOf(checker, symbol)]))
  const known = new Set(byName.values())
  const lines = [...byName].sort(byFirst).map(([name, symbol]) => symbolText(name, symbol, folder))
  const hidden = mentioned(checker, [...known], folder).filter(symbol => !known.has(symbol))
  const mentions = hidden
    .map(symbol => symbolText(symbol.name, symbol, folder).replace(/^export /gm, ''))
    .sort()
  return [...lines, ...(mentions.length > 0 ? ['// mentioned, not exported', ...mentions] : []), ''].join(
    '\n',
  )
}

/** The declarations of a symbol, or from where it is re-exported when another package declares it. */
function symbolText(name: string, symbol: ts.Symbol, folder: string): string {
  const declarations = symbol.declarations ?? []
  if (!declarations.some(declaration => isIn(declaration, folder)))
    return `export { ${name} } // of another package`
  return declarations
    .map(declaration => {
      const text = withoutComments(statementOf(declaration)).replace(/^(export )?(declare )?/, 'export ')
      return symbol.name === name || symbol.name === 'default'
        ? text
        : `${text}\nexport { ${symbol.name} as ${name} }`
    })
    .join('\n')
}

/** Symbols of this package that the declarations of others mention, transitively. */
function mentioned(checker: ts.TypeChecker, symbols: readonly ts.Symbol[], folder: string): ts.Symbol[] {
  const seen = new Set(symbols)
  const visit = (node: ts.Node): void => {
    const symbol = ts.isIdentifier(node) ? checker.getSymbolAtLocation(node) : undefined
    if (symbol !== undefined) follow(targetOf(checker, symbol))
    ts.forEachChild(node, visit)
  }
  const follow = (symbol: ts.Symbol): void => {
    const declarations = (symbol.declarations ?? []).filter(found => isIn(found, folder) && isTopLevel(found))
    if (seen.has(symbol) || declarations.length === 0) return
    seen.add(symbol)
    declarations.forEach(visit)
  }
  for (const symbol of symbols) symbol.declarations?.filter(found => isIn(found, folder)).forEach(visit)
  return [...seen].slice(symbols.length)
}

function targetOf(checker: ts.TypeChecker, symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
}

function statementOf(declaration: ts.Declaration): ts.Node {
  return ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration
}

function isTopLevel(declaration: ts.Declaration): boolean {
  return ts.isSourceFile(statementOf(declaration).parent)
}

function isIn(declaration: ts.Declaration, folder: string): boolean {
  const path = relative(folder, declaration.getSourceFile().fileName)
  return !path.startsWith('..') && !path.includes('node_modules')
}

const printer = ts.createPrinter({ removeComments: true })

/** A union of literals: the compiler writes its members in the order in which it met them anywhere in the program. */
const literals = /(?:"[^"]*"|-?\d+)(?: \| (?:"[^"]*"|-?\d+))+/g

/** `import("./learnt.js").Learnt`: where a type stands is no part of the API. */
const places = /import\("[^"]+"\)\./g

function withoutComments(node: ts.Node): string {
  const text = printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
  return text.replace(places, '').replace(literals, union =>
    union
      .split(' | ')
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .join(' | '),
  )
}

function byFirst(a: readonly [string, unknown], b: readonly [string, unknown]): number {
  return a[0] < b[0] ? -1 : 1
}
