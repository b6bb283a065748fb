// Every package is published the same way: ESM, no side effects, source for this workspace and a build for everybody else.
import { families, type Rule, type TextFile, type Violation } from '../workspace.ts'

type Json = { readonly [key: string]: unknown }

const source = '@damson/source'

/** The conventions of `packages/<name>/package.json`. */
export const manifests: Rule = ({ files }) =>
  files
    .filter(({ path }) => /^packages\/[^/]+\/package\.json$/.test(path))
    .flatMap(file => {
      const manifest = JSON.parse(file.text) as Json
      return [
        ...fieldBreaches(file, manifest),
        ...entryBreaches(file, manifest),
        ...versionBreaches(file, manifest),
      ]
    })

/** npm shows the README of a package, and nothing else of what it is. */
export const readmes: Rule = ({ files }) => {
  const paths = new Set(files.map(({ path }) => path))
  return files
    .filter(({ path }) => /^packages\/[^/]+\/package\.json$/.test(path))
    .filter(({ path }) => !paths.has(path.replace('package.json', 'README.md')))
    .map(file => breach(file, '"name"', 'it has no README.md: `pnpm new --pages` writes that of a family'))
}

/** In CI process-level tests run on the build alone, where the script of their package runs them. */
export const distTests: Rule = ({ files }) =>
  files
    .filter(({ path }) => path.endsWith('/package.json'))
    .filter(({ path }) => {
      const folder = path.slice(0, -'package.json'.length)
      return files.some(
        other => /\.dist\.test\.ts$/.test(other.path) && /^(src|test)\//.test(other.path.replace(folder, '')),
      )
    })
    .filter(({ text }) => record((JSON.parse(text) as Json)['scripts'])['test:dist'] === undefined)
    .map(file =>
      breach(file, '"scripts"', 'it has *.dist.test.ts but no script "test:dist", which runs them'),
    )

/** Versions of what comes from outside stand once, in the catalog; ranges of peers apart, which are wider. */
export const catalogVersions: Rule = ({ files }) =>
  files
    .filter(({ path }) => /(^|\/)package\.json$/.test(path) && !path.includes('fixtures'))
    .flatMap(file =>
      dependenciesOf(JSON.parse(file.text) as Json)
        .filter(
          ([name, version]) =>
            !isInternal(name) &&
            !version.startsWith('catalog:') &&
            !version.startsWith('>') &&
            !version.includes('||'),
        )
        .map(([name]) =>
          breach(file, `"${name}"`, `${name}: its version belongs into the catalog; write "catalog:"`),
        ),
    )

function fieldBreaches(file: TextFile, manifest: Json): Violation[] {
  const folder = file.path.split('/')[1] ?? ''
  const expected: Json = {
    name: folder === 'damson' ? 'damson' : `@damson/${folder}`,
    license: 'Apache-2.0',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20.19' },
  }
  return Object.entries(expected).flatMap(([key, value]) =>
    JSON.stringify(manifest[key]) === JSON.stringify(value)
      ? []
      : [
          breach(
            file,
            `"${key}"`,
            `${key} is ${JSON.stringify(manifest[key])}, expected ${JSON.stringify(value)}`,
          ),
        ],
  )
}

function entryBreaches(file: TextFile, manifest: Json): Violation[] {
  const found: Violation[] = []
  const entries = record(manifest['exports'])
  const config = record(manifest['publishConfig'])
  for (const key of ['exports', 'imports']) {
    const [stripped, published] = [withoutSource(manifest[key]), config[key]].map(value =>
      JSON.stringify(value),
    )
    const message = `publishConfig.${key} must be ${key} without "${source}": ${stripped}`
    if (stripped !== published) found.push(breach(file, '"publishConfig"', message))
  }
  const family = families.includes(file.path.split('/')[1] ?? '')
  if (family && record(entries['./*'])[source] !== './src/algorithms/*.ts') {
    found.push(
      breach(file, '"exports"', 'a family exports "./*" from ./src/algorithms/*.ts, one entry an algorithm'),
    )
  }
  return found
}

function versionBreaches(file: TextFile, manifest: Json): Violation[] {
  const shipped = Object.entries({
    ...record(manifest['dependencies']),
    ...record(manifest['peerDependencies']),
  })
  return shipped
    .filter(([name, version]) => isInternal(name) && version !== 'workspace:^')
    .map(([name]) =>
      breach(file, `"${name}"`, `${name} must be "workspace:^", so that releases keep a range`),
    )
}

function withoutSource(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== source)
      .map(([key, inner]) => [key, withoutSource(inner)]),
  )
}

function dependenciesOf(manifest: Json): [string, string][] {
  return ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap(kind =>
    Object.entries(record(manifest[kind])).map(([name, version]): [string, string] => [
      name,
      String(version),
    ]),
  )
}

function isInternal(name: string): boolean {
  return name === 'damson' || name.startsWith('@damson/')
}

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function breach(file: TextFile, near: string, message: string): Violation {
  const line = file.text.split('\n').findIndex(text => text.includes(near)) + 1
  return { file: file.path, line: Math.max(line, 1), rule: 'manifest', message }
}
