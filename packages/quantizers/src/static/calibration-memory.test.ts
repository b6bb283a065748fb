// What calibration holds does not grow with the samples: ONNX Runtime's percentile calibrator takes 2.6 GB for a model of 4 MB.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const entry = fileURLToPath(new URL('../../test/static-peaks.ts', import.meta.url))

// Entropy counts every number, as percentile does, in two passes more. Held, the activations of a sample would take 7.8 MiB.
test.each([
  { rule: 'mse', few: 8, many: 40, most: 100 },
  { rule: 'entropy', few: 4, many: 20, most: 60 },
])('$rule: the peak on $many samples is about that on $few', async ({ rule, few, many, most }) => {
  const flags = ['--conditions=@damson/source', '--import', 'tsx']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, entry, rule, `${few}`, `${many}`])
  const [before = 0, after = 0] = stdout.split(' ').map(Number)
  expect(after - before).toBeLessThan(most)
  expect(before).toBeGreaterThan(0)
})
