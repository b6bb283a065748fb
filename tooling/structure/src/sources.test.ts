// Rules about sources catch a breach, at its place, and let the right form pass.
import { catches, passes } from './catches.ts'
import { algorithmIds, algorithmPages, algorithmTests, oneAlgorithm } from './rules/algorithms.ts'
import { fileHeader, fileLength, functionLength } from './rules/budgets.ts'
import {
  algorithmExports,
  extensions,
  fileCycles,
  indexFiles,
  layers,
  packageCycles,
} from './rules/modules.ts'
import { ambient, importEffects, nodeImports } from './rules/purity.ts'
import { casts, exportedAny, plainExports, returnTypes } from './rules/types.ts'

const lines = (count: number, line = 'x'): string => Array.from({ length: count }, () => line).join('\n')
const algorithm = 'packages/quantizers/src/algorithms/hqq.ts'
const graph = 'packages/graph/src/a.ts'

catches('a long file', fileLength, { [graph]: lines(301) }, `${graph}:301 file-length`)
passes('a file of 300 lines', fileLength, { [graph]: `${lines(300)}\n` })
passes('long generated code', fileLength, { 'packages/graph/src/generated/op.ts': lines(900) })
catches('a long algorithm', fileLength, { [algorithm]: lines(251) }, 'at most 250')
catches(
  'a long function',
  functionLength,
  { [graph]: `\nfunction f() {\n${lines(39)}\n}` },
  `${graph}:2 function-length f has 41 lines`,
)
catches(
  'a long arrow function',
  functionLength,
  { [graph]: `const g = () => {\n${lines(39)}\n}` },
  'g has 41 lines',
)
passes('a function of 40 lines', functionLength, { [graph]: `function f() {\n${lines(38)}\n}` })
catches(
  'a file without prose',
  fileHeader,
  { [graph]: 'const a = 1' },
  `${graph}:1 file-header opens without prose`,
)
catches(
  'nine lines of prose',
  fileHeader,
  { [graph]: `${lines(9, '// why')}\nconst a = 1` },
  'opens with 9 lines',
)
passes('eight lines of prose', fileHeader, { [graph]: `${lines(8, '// why')}\nconst a = 1` })

const index = 'packages/graph/src/index.ts'
catches(
  'code in an index',
  indexFiles,
  { [index]: "export * from './a.ts'\nexport const a = 1" },
  `${index}:2 index`,
)
passes('an index that re-exports', indexFiles, {
  [index]: "export * from './a.ts'\nexport type { B } from './b.ts'",
})
catches(
  'core in graph',
  layers,
  { [graph]: "import { plan } from '@damson/core'" },
  'graph must not import core',
)
catches(
  'one family in another',
  layers,
  { [algorithm]: "import { fora } from '@damson/cachers'" },
  'quantizers must not import cachers',
)
catches(
  'a type of a family in another',
  layers,
  { [algorithm]: "import type { A } from '@damson/cachers/fora'" },
  'must not import',
)
catches(
  'the umbrella in a family',
  layers,
  { [algorithm]: "import { a } from 'damson'" },
  'quantizers must not import damson',
)
catches(
  'anything in numerics',
  layers,
  { 'packages/numerics/src/a.ts': "import { a } from '@damson/graph'" },
  'numerics imports nothing',
)
catches(
  'a tool in a library',
  layers,
  { [graph]: "import { a } from '@damson/zoo'" },
  'zoo is not for libraries',
)
catches(
  "another package's file",
  layers,
  { [graph]: "import { a } from '../../core/src/plan.ts'" },
  'reaches out of its package',
)
catches(
  'a package without rank',
  layers,
  { 'packages/new/src/a.ts': "import { a } from '@damson/core'" },
  'new has no rank',
)
passes('core and numerics in a family', layers, {
  [algorithm]: "import { a } from '@damson/core'\nimport { b } from '@damson/numerics'",
})
passes('anything in a test', layers, { 'packages/graph/src/a.test.ts': "import { a } from '@damson/zoo'" })
catches(
  'files in a circle',
  fileCycles,
  { [graph]: "import { b } from './b.ts'", 'packages/graph/src/b.ts': "import { a } from './a.ts'" },
  'packages/graph/src/a.ts → packages/graph/src/b.ts → packages/graph/src/a.ts',
)
passes('types in a circle', fileCycles, {
  [graph]: "import type { B } from './b.ts'",
  'packages/graph/src/b.ts': "import { a } from './a.ts'",
})
catches(
  'packages in a circle',
  packageCycles,
  {
    'packages/core/package.json':
      '{ "name": "@damson/core", "devDependencies": { "@damson/testing": "workspace:*" } }',
    'packages/testing/package.json':
      '{ "name": "@damson/testing", "dependencies": { "@damson/core": "workspace:^" } }',
  },
  'packages/core/package.json → packages/testing/package.json',
)
catches(
  'an import without extension',
  extensions,
  { [graph]: "import { b } from './b'" },
  `${graph}:1 extension`,
)
catches(
  'an algorithm that the index forgot',
  algorithmExports,
  { [algorithm]: '' },
  'does not re-export hqq.ts',
)
passes('an algorithm in the index', algorithmExports, {
  [algorithm]: '',
  'packages/quantizers/src/index.ts': "export * from './algorithms/hqq.ts'",
})

catches(
  'two algorithms in a file',
  oneAlgorithm,
  { [algorithm]: 'defineAlgorithm({})\ndefineAlgorithm({})' },
  'defines 2',
)
catches(
  'an id that is no import path',
  algorithmIds,
  { [algorithm]: "id: '@damson/quantizers/hq'" },
  "'@damson/quantizers/hqq'",
)
catches(
  'an algorithm without a test',
  algorithmTests,
  { [algorithm]: '' },
  'needs packages/quantizers/src/algorithms/hqq.test.ts',
)
catches(
  'an algorithm without a page',
  algorithmPages,
  { [algorithm]: '' },
  'docs/algorithms/quantizers/hqq.md',
)
passes('an algorithm with a page', algorithmPages, {
  [algorithm]: '',
  'docs/algorithms/quantizers/hqq.md': '# hqq',
})

catches('a cast', casts({}), { [graph]: 'const a = 1\nconst b = a as unknown' }, `${graph}:2 cast`)
catches(
  'a second cast where one is allowed',
  casts({ [graph]: 1 }),
  { [graph]: 'a as B\na as C' },
  ':1 cast',
  ':2 cast',
)
catches('a list that could shrink', casts({ [graph]: 1 }), { [graph]: 'const a = 1' }, 'lower the number')
catches('a list that names a lost file', casts({ [graph]: 1 }), { [index]: '' }, 'remove it there')
passes('as const, a reader and a test', casts({}), {
  [graph]: 'const a = [1] as const',
  'packages/graph/src/read-tensor.ts': 'a as B',
  'packages/graph/src/a.test.ts': 'a as B',
})
catches('an enum', plainExports, { [graph]: 'export enum A { b }' }, `${graph}:1 enum`)
catches(
  'default exports',
  plainExports,
  { [graph]: 'export default 1', [algorithm]: 'export default function f() {}' },
  'default-export',
  'default-export',
)
catches(
  'any in an exported type',
  exportedAny,
  { [graph]: 'export interface A {\n  b: any\n}' },
  `${graph}:2 any`,
)
passes('an excused any, and one in a body', exportedAny, {
  [graph]:
    '// oxlint-disable-next-line typescript/no-explicit-any\nexport type A = B<any>\nexport function f(): void { const a: any = 1 }',
})
catches(
  'an unwritten return type',
  returnTypes,
  { [graph]: 'export function f() {}\nexport const g = () => 1' },
  'f has no',
  'g has no',
)
passes('written return types', returnTypes, {
  [graph]: 'export function f(): void {}\nexport const g: G = () => 1',
})

catches(
  "Node's modules",
  nodeImports,
  { [graph]: "import { readFile } from 'node:fs/promises'" },
  `${graph}:1 node-import`,
)
passes("Node's modules in *.node.ts", nodeImports, {
  'packages/graph/src/file.node.ts': "import fs from 'node:fs'",
})
catches(
  'what is ambient',
  ambient,
  { [graph]: 'console.log(1)\nDate.now()\nglobalThis.performance.now()\nMath.random()\nprocess.env.A' },
  ...['console', 'Date.now', 'performance.now', 'Math.random', 'process.env'],
)
passes('the clock in clock.ts, the command, tests', ambient, {
  'packages/core/src/clock.ts': 'performance.now()',
  'packages/damson/src/command/print.ts': 'console.log(1)',
  'packages/core/src/a.test.ts': 'Math.random()',
})
catches('a call at import', importEffects, { [graph]: 'register()' }, `${graph}:1 import-effect`)
catches('a top-level await', importEffects, { [graph]: 'await 1' }, 'import-effect')
passes('a worker', importEffects, { 'packages/runtime/src/session.worker.ts': 'listen()' })
