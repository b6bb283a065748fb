import { describe, expect, test } from 'vitest'
import type { BlockSpec } from './block-spec.ts'
import { blockSlices, blockStreamBytes } from './block-plan.ts'
import type { BlockRows, BlockStream } from './block-stream.ts'
import { createKernel } from './kernel.ts'
import { quantizeBlocks } from './quantize-blocks.ts'

const matrix = (rows: number, columns: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: rows * columns }, (_, i) => Math.fround(Math.sin(i * i) * 0.02))

const rowsOf = (spec: BlockSpec): number => (spec.layout === 'KN' ? spec.K : spec.N)

/** Pushes all of a weight in bands of at most `rows` rows and joins what comes out. */
function pushAll(stream: BlockStream, weight: Float32Array, rows: number): readonly BlockRows[] {
  const bytes = new Uint8Array(weight.buffer)
  const out = []
  for (let row = 0; row < rowsOf(stream.spec); row += rows) {
    const count = Math.min(rows, rowsOf(stream.spec) - row)
    stream.band.set(bytes.subarray(row * stream.sourceRowBytes, (row + count) * stream.sourceRowBytes))
    const done = stream.push(count)
    const copy = { zeroPoints: done?.zeroPoints?.slice() ?? new Uint8Array() }
    if (done) out.push({ ...done, ...copy, packed: done.packed.slice(), scales: done.scales.slice() })
  }
  return out
}

const join = (parts: readonly (Uint8Array | Float32Array)[]): number[] => parts.flatMap(part => [...part])

describe.each(['KN', 'NK'] as const)('%s', layout => {
  // Odd block counts, a cut-off block, a last byte that is half used.
  const spec = { K: 165, N: 37, layout, bits: 4, blockSize: 16, symmetric: false, balance: 0.3 } as const
  const weight = layout === 'KN' ? matrix(spec.K, spec.N) : matrix(spec.N, spec.K)
  const whole = quantizeBlocks(weight, spec)
  test.each([16, 32, 48, 176])('bands of %d rows give what one band gives', rows => {
    const kernel = createKernel()
    const stream = kernel.blocks(spec, { bandBytes: 1 << 20 })
    const parts = pushAll(stream, weight, Math.min(rows, stream.bandRows))
    expect(join(parts.map(part => part.packed))).toEqual([...whole.packed])
    expect(join(parts.map(part => part.scales))).toEqual([...whole.scales])
    expect(join(parts.map(part => part.zeroPoints ?? new Uint8Array()))).toEqual([
      ...(whole.zeroPoints ?? []),
    ])
    expect(parts.map(part => part.to)).toEqual([...parts.slice(1).map(part => part.from), spec.N])
  })
  test('a kernel takes one weight after another, and ends the stream before', () => {
    const kernel = createKernel()
    const first = kernel.blocks(spec)
    expect(quantizeBlocks(weight, spec, kernel)).toEqual(whole)
    expect(quantizeBlocks(weight, spec, kernel)).toEqual(whole)
    expect(() => first.push(16)).toThrow('ended by a later one')
  })
  test('memory is what blockStreamBytes says, to a page', () => {
    const kernel = createKernel()
    const big = { ...spec, K: 4096, N: 4096 }
    const before = kernel.memoryBytes()
    kernel.blocks(big, { bandBytes: 1 << 20 })
    const grown = kernel.memoryBytes() - before
    expect(Math.abs(grown - blockStreamBytes(big, { bandBytes: 1 << 20 }))).toBeLessThan(3 * 65536)
  })
  test('too many rows, or a band that cuts a block, is an error', () => {
    const stream = createKernel().blocks(spec, { bandBytes: 16 * spec.N * 4 })
    expect(() => stream.push(stream.bandRows + 1)).toThrow('rows: expected an integer from 1 to')
    expect(() => stream.push(0)).toThrow('rows: expected an integer from 1 to')
    if (layout === 'KN') expect(() => stream.push(15)).toThrow('must be whole blocks of 16')
  })
})

test('slices of columns are matrices of their own', () => {
  const spec = { K: 96, N: 100, layout: 'KN', bits: 4, blockSize: 32, symmetric: true } as const
  const weight = matrix(spec.K, spec.N)
  const whole = quantizeBlocks(weight, spec)
  const bandBytes = 4096
  const slices = blockSlices(spec, 12_000, { bandBytes })
  expect(slices.length).toBeGreaterThan(2)
  const packed = slices.flatMap(({ from, to }) => {
    const slice = { ...spec, N: to - from }
    expect(blockStreamBytes(slice, { bandBytes })).toBeLessThanOrEqual(12_000)
    const columns = weight.filter((_, i) => i % spec.N >= from && i % spec.N < to)
    return [...quantizeBlocks(columns, slice).packed]
  })
  expect(packed).toEqual([...whole.packed])
  expect(blockSlices(spec, 1 << 30)).toEqual([{ from: 0, to: 100 }])
  expect(blockSlices({ ...spec, layout: 'NK' }, 1)).toEqual([{ from: 0, to: 100 }])
})

test('specs that no reader accepts are refused', () => {
  const spec = { K: 64, N: 4, layout: 'NK', bits: 4, blockSize: 32, symmetric: true } as const
  const open =
    (change: Partial<BlockSpec>): (() => unknown) =>
    () =>
      createKernel().blocks({ ...spec, ...change })
  expect(open({ blockSize: 48 })).toThrow('power of two')
  expect(open({ blockSize: 8 })).toThrow('from 16 to 256')
  expect(open({ K: 0 })).toThrow('K: expected')
  expect(open({ rule: 'GatherBlockQuantized', layout: 'KN' })).toThrow('takes NK')
  expect(open({ rule: 'GatherBlockQuantized', K: 63 })).toThrow('whole bytes')
})
