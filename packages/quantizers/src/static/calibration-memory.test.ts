// What calibration holds does not grow with the samples: ONNX Runtime's percentile calibrator takes 2.6 GB for a model of 4 MB.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const entry = fileURLToPath(new URL('../../test/static-peaks.ts', import.meta.url))

test('the peak on 40 samples is about that on 8', async () => {
  const flags = ['--conditions=@damson/source', '--import', 'tsx']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, entry, '8', '40'])
  const [few = 0, many = 0] = stdout.split(' ').map(Number)
  // Held, the activations of 32 samples more would be 250 MiB more.
  expect(many - few).toBeLessThan(100)
  expect(few).toBeGreaterThan(0)
})
