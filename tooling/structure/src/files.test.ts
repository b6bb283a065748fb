// Rules about files, manifests and texts catch a breach, at its place, and let the right form pass.
import { catches, passes, type Texts } from './catches.ts'
import { catalogVersions, distTests, manifests, readmes } from './rules/manifests.ts'
import { fileNames, kebabCase } from './rules/names.ts'
import { traces } from './rules/traces.ts'

catches('utils', fileNames, { 'packages/graph/src/graph-utils.ts': '' }, '"graph-utils" says nothing')
catches(
  'a test of helpers',
  fileNames,
  { 'packages/graph/src/helpers.test.ts': '' },
  '"helpers" says nothing',
)
passes('common where it means something', fileNames, { 'packages/graph/src/eliminate-common.ts': '' })
catches('camelCase', kebabCase, { 'packages/graph/src/deepCache.ts': '' }, '"deepCache.ts"')
passes('kebab-case', kebabCase, { 'packages/graph/src/file.node.ts': '', 'tooling/zoo/src/zoo-test.ts': '' })

const entry = { '@damson/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' }
const manifest = {
  ...{
    name: '@damson/core',
    license: 'Apache-2.0',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20.19' },
  },
  exports: { '.': entry },
  publishConfig: { exports: { '.': { types: entry.types, default: entry.default } } },
  dependencies: { '@damson/graph': 'workspace:^' },
}
const core = 'packages/core/package.json'
const json = (change: object): Texts => ({ [core]: JSON.stringify({ ...manifest, ...change }, null, 2) })
passes('a manifest', manifests, json({}))
catches('nothing for npm to show', readmes, json({}), 'it has no README.md')
passes('a README', readmes, { ...json({}), 'packages/core/README.md': '# @damson/core' })
const spawning = { 'packages/core/src/load/process.dist.test.ts': '' }
catches('tests that CI would not run', distTests, { ...json({}), ...spawning }, 'no script "test:dist"')
passes('process-level tests with their script', distTests, {
  ...json({ scripts: { 'test:dist': 'vitest run --mode dist' } }),
  ...spawning,
})
catches('side effects', manifests, json({ sideEffects: true }), 'sideEffects is true, expected false')
catches(
  'published sources',
  manifests,
  json({ publishConfig: { exports: manifest.exports } }),
  'publishConfig.exports must be',
)
catches(
  'published source imports',
  manifests,
  json({
    imports: { '#platform': entry },
    publishConfig: { ...manifest.publishConfig, imports: { '#platform': entry } },
  }),
  'publishConfig.imports must be',
)
catches(
  'a pinned neighbour',
  manifests,
  json({ dependencies: { '@damson/graph': 'workspace:*' } }),
  '"workspace:^"',
)
catches(
  'a family without entries',
  manifests,
  { 'packages/cachers/package.json': JSON.stringify({ ...manifest, name: '@damson/cachers' }) },
  '"./*"',
)
catches(
  'a version outside the catalog',
  catalogVersions,
  json({ dependencies: { vitest: '^4.0.0' } }),
  'vitest: its version',
)

// Put together here, so that the rule does not find them in this file.
const [home, host] = [['', 'home', 'someone', 'x'].join('/'), ['registry', 'npmjs', 'org'].join('.')]
const work = ['', 'work', ''].join('/')
catches(
  'traces of a machine',
  traces,
  { 'docs/a.md': `a\n${home}\n${host}` },
  'docs/a.md:2 trace',
  'docs/a.md:3 trace',
)
passes('addresses and globs', traces, { 'docs/a.md': `https://example.org${work}it and packages/*${work}x` })
