// Calibration memory does not grow with the number of samples.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { nodeArguments } from '@damson/config/node'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('./statistics-memory.mjs', import.meta.url))

async function peak(count: number): Promise<{ readonly mib: number; readonly count: number }> {
  const { stdout } = await promisify(execFile)(process.execPath, [...nodeArguments(), script, String(count)])
  return JSON.parse(stdout)
}

test('statistics over 200 samples take the memory of 20', { timeout: 120_000 }, async () => {
  const few = await peak(20)
  const many = await peak(200)
  expect([few.count, many.count]).toEqual([20 * 128 * 512, 200 * 128 * 512])
  // 180 more samples are 45 MiB of feeds in each of two passes; what is left is the garbage collector's own pace.
  expect(many.mib).toBeLessThan(few.mib * 1.3)
})
