// Calibration memory does not grow with the number of samples: what ONNX Runtime's histogram calibrators keep is every
// activation of every sample.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../test/fit-memory.ts', import.meta.url))

const peak = (samples: number): number => {
  const given = ['--conditions=@damson/source', '--import', 'tsx', script, String(samples)]
  const { stdout, stderr } = spawnSync(process.execPath, given, { encoding: 'utf8' })
  const mebibytes = Number(stdout)
  if (!(mebibytes > 0)) throw new Error(stderr)
  return mebibytes
}

test('eight times the samples take no more memory', () => {
  const few = peak(8)
  const many = peak(64)
  // Kept activations would be 2.3 MiB a sample: 130 MiB more.
  expect(many / few).toBeLessThan(1.15)
})
