import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { generatedFiles } from './generated-files.ts'

test.each([...generatedFiles()])('%s is up to date', (name, text) => {
  const path = new URL(`../../../packages/graph/src/ops/${name}`, import.meta.url)
  expect(readFileSync(path, 'utf8') === text, 'run `pnpm --filter @damson/schemas generate`').toBe(true)
})
