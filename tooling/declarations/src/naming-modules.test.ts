import { expect, test } from 'vitest'
import { namingModules } from './naming-modules.ts'

test('modules beside a declaration are named as they are published, and nothing else is', () => {
  const before = [
    "export * from './draft.ts'",
    'declare const a: import("../learnt-codes.ts").Learnt',
    "import type { Graph } from '@damson/graph'",
    "export { createSpill } from '#platform'",
    "// what stands in './draft' and in draft.ts",
  ]
  const after = [
    "export * from './draft.js'",
    'declare const a: import("../learnt-codes.js").Learnt',
    ...before.slice(2),
  ]
  expect(namingModules(before.join('\n'))).toBe(after.join('\n'))
})
