// Threads give the bytes that one kernel gives.
import { memoryTensor, type Tensor } from '@damson/graph'
import { encodeFloats, type BlockSpec } from '@damson/numerics'
import { seededNormal } from '@damson/testing'
import { expect, test } from 'vitest'
import { codeBlocks } from './block-coding.ts'
import { createCoder, type Coder } from './coder.ts'
import { createThreadPool } from './thread-pool.ts'

const K = 1000
const N = 1050
const numbers = seededNormal(4, K * N)
const weight = memoryTensor('float32', [K, N], numbers)
const half = memoryTensor('float16', [K, 2 * N], encodeFloats(seededNormal(5, 2 * K * N), 'float16'))

const silent = (): void => {}

/** A coder that never takes its threads. */
function alone(): Coder {
  const coder = createCoder(silent)
  return { ...coder, useThreads: (_, otherwise) => coder.use(otherwise) }
}

async function bytesOf(
  tensor: Tensor,
  spec: BlockSpec,
  coder: Coder,
): Promise<readonly (Uint8Array | undefined)[]> {
  const { packed, scales, zeroPoints } = codeBlocks(tensor, spec, 'test:1', coder)
  return [await packed.read(), await scales.read(), await zeroPoints?.read()]
}

test.each([
  { layout: 'KN', K, N, search: 'mse', symmetric: false },
  { layout: 'NK', K: N, N: K, search: 'mse', symmetric: true },
  { layout: 'KN', K, N, search: { zeroPoint: 'float' }, symmetric: false },
  { layout: 'KN', K, N: 2 * N, search: 'mse', symmetric: false, dtype: 'float16' },
] as const)('$layout, $search, symmetric $symmetric', async given => {
  const spec = { ...given, bits: 4, blockSize: 64 } as const
  const tensor = 'dtype' in given ? half : weight
  let threads = 0
  const coder = createCoder(silent)
  const counting: Coder = {
    ...coder,
    useThreads: (work, otherwise) =>
      coder.useThreads(taken => {
        threads = taken.length
        return work(taken)
      }, otherwise),
  }
  const found = await bytesOf(tensor, spec, counting)
  expect(found.map(String)).toEqual((await bytesOf(tensor, spec, alone())).map(String))
  expect(threads).toBeGreaterThan(0)
})

test('a weight that cannot be coded, and an abort, leave the threads usable', async () => {
  const spec = { layout: 'NK', K: N, N: K, bits: 4, blockSize: 64, symmetric: false, search: 'mse' } as const
  const coder = createCoder(silent)
  const spoilt = memoryTensor(
    'float32',
    [K, N],
    numbers.map((v, i) => (i === 99_999 ? NaN : v)),
  )
  await expect(bytesOf(spoilt, spec, coder)).rejects.toThrow(/1 blocks hold NaN/)
  const { packed } = codeBlocks(weight, { ...spec, layout: 'KN', K, N }, 'test:2', coder)
  await expect(packed.read({ signal: AbortSignal.abort() })).rejects.toThrow(/abort/i)
  expect(await bytesOf(weight, spec, coder)).toHaveLength(3)
})

test('threads are started once, and again after they were let go', async () => {
  const pool = createThreadPool(silent)
  const first = await pool.take()
  pool.release()
  expect(await pool.take()).toBe(first)
  pool.release()
})
