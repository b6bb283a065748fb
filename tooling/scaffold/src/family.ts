// A family package that does not exist yet, and its place in the umbrella.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Texts by path from the root of the repository. */
export type Files = Readonly<Record<string, string>>

/** The files of a new family package, and the files elsewhere that name the families. */
export function familyFiles(root: string, family: string): Files {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8')
  return { ...packageFiles(family), ...umbrellaFiles(read, family) }
}

function packageFiles(family: string): Files {
  const folder = `packages/${family}`
  const entries = (source: boolean): object => ({
    '.': entry(source, 'index', 'index'),
    './*': entry(source, 'algorithms/*', 'algorithms/*'),
    './package.json': './package.json',
  })
  const manifest = {
    name: `@damson/${family}`,
    version: '0.0.0',
    description: `The family of ${family}.`,
    ...{ license: 'Apache-2.0', type: 'module', sideEffects: false, engines: { node: '>=20.19' } },
    exports: entries(true),
    publishConfig: { access: 'public', exports: entries(false) },
    files: ['dist'],
    scripts: {
      build: 'tsup',
      test: 'vitest run',
      'test:dist': 'vitest run --mode dist',
      types: 'tsc -p .',
    },
    dependencies: { '@damson/core': 'workspace:^', '@damson/graph': 'workspace:^' },
    devDependencies: { '@damson/config': 'workspace:*', '@damson/testing': 'workspace:*' },
  }
  return {
    [`${folder}/package.json`]: json(manifest),
    [`${folder}/tsconfig.json`]: '{ "extends": "@damson/config/tsconfig.json", "include": ["src"] }\n',
    [`${folder}/tsup.config.ts`]: "export { default } from '@damson/config/tsup'\n",
    [`${folder}/vitest.config.ts`]: "export { default } from '@damson/config/vitest'\n",
    [`${folder}/src/index.ts`]: "export { load, save, smash, plan, explain } from '@damson/core'\n",
  }
}

function entry(source: boolean, from: string, to: string): object {
  const built = { types: `./dist/${to}.d.ts`, default: `./dist/${to}.js` }
  return source ? { '@damson/source': `./src/${from}.ts`, ...built } : built
}

function umbrellaFiles(read: (path: string) => string, family: string): Files {
  const name = `@damson/${family}`
  const [manifestPath, familiesPath, indexPath] = [
    'packages/damson/package.json',
    'packages/damson/src/families.ts',
    'packages/damson/src/index.ts',
  ]
  const budgetsPath = 'tooling/pack/budgets.json'
  const manifest = JSON.parse(read(manifestPath))
  const dependencies = sorted({ ...manifest.dependencies, [name]: 'workspace:^' })
  return {
    [manifestPath]: json({ ...manifest, dependencies }),
    [familiesPath]: withFamily(read(familiesPath), family),
    [indexPath]: withLine(read(indexPath), `export * from '${name}'`, /^export \* from '@damson\//),
    [budgetsPath]: json(sorted({ ...JSON.parse(read(budgetsPath)), [name]: 30_000 })),
  }
}

/** `families.ts` imports a family as a namespace and lists it. */
function withFamily(text: string, family: string): string {
  const imported = withLine(text, `import * as ${family} from '@damson/${family}'`, /^import \* as /)
  const list = /= \{\s*([\w,\s]+?),?\s*\}/.exec(imported)
  if (list === null)
    throw new Error('expected packages/damson/src/families.ts to list the families as { a, b }')
  const names = [...(list[1] ?? '').split(/,\s*/), family].sort()
  return imported.replace(list[0], `= {\n${names.map(name => `  ${name},\n`).join('')}}`)
}

/** A text with a line added among its like, in order. */
export function withLine(text: string, line: string, like: RegExp): string {
  const lines = text.trimEnd().split('\n')
  const following = lines.findIndex(other => like.test(other) && other > line)
  const last = lines.findLastIndex(other => like.test(other))
  const at = following >= 0 ? following : last + 1
  return [...lines.slice(0, at), line, ...lines.slice(at)].join('\n') + '\n'
}

function sorted(record: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function json(value: unknown): string {
  return JSON.stringify(value, null, 2) + '\n'
}
