// Rows go out as they lie in the weight and come back as codes that readers understand, whichever way the weight lies.
import { memoryTensor } from '@damson/graph'
import { dequantizeBlocks, encodeFloats, type BlockSpec } from '@damson/numerics'
import { seededNormal } from '@damson/testing'
import { expect, test } from 'vitest'
import { nearestCode, rangeGrid, type CodedRows, type Grid } from './block-grid.ts'
import { codeRows, matrixRows } from './coded-rows.ts'

const [K, N] = [50, 9]
const values = seededNormal(1, K * N)

/** Round to nearest on plain ranges. */
function nearest(rows: Float64Array, spec: BlockSpec): CodedRows {
  const kBlocks = Math.ceil(K / spec.blockSize)
  const count = rows.length / K
  const coded = {
    codes: new Uint8Array(rows.length),
    scales: new Float32Array(count * kBlocks),
    zeroPoints: new Uint8Array(count * kBlocks),
  }
  const grid: Grid = { scale: 0, zeroPoint: 0 }
  for (let row = 0; row < count; row++)
    for (let block = 0; block < kBlocks; block++) {
      const from = row * K + block * spec.blockSize
      const size = Math.min(spec.blockSize, K - block * spec.blockSize)
      rangeGrid(rows, from, size, 1, spec, grid)
      coded.scales[row * kBlocks + block] = grid.scale
      coded.zeroPoints[row * kBlocks + block] = grid.zeroPoint
      for (let at = from; at < from + size; at++)
        coded.codes[at] = nearestCode(rows[at] ?? 0, grid, 2 ** spec.bits - 1)
    }
  return coded
}

for (const layout of ['KN', 'NK'] as const)
  for (const bits of [2, 4, 8] as const)
    for (const symmetric of [true, false]) {
      test(`${layout}, ${bits} bits, ${symmetric ? 'symmetric' : 'asymmetric'}: no number is further off than its grid is coarse`, async () => {
        const spec: BlockSpec = { K, N, layout, bits, blockSize: 16, symmetric }
        const shape = layout === 'KN' ? [K, N] : [N, K]
        const tensors = await codeRows(memoryTensor('float32', shape, values), spec, rows =>
          nearest(rows, spec),
        )
        const zeroPoints =
          'zeroPoints' in tensors ? { zeroPoints: Uint8Array.from(await tensors.zeroPoints.read()) } : {}
        const scales = new Float32Array((await tensors.scales.read()).slice().buffer)
        const packed = Uint8Array.from(await tensors.packed.read())
        const back = dequantizeBlocks({ packed, scales, ...zeroPoints }, spec)
        const coarsest = Math.max(...scales.map(Math.abs))
        // Symmetric codes end one step short on one side.
        back.forEach((value, at) =>
          expect(Math.abs(value - (values[at] ?? 0))).toBeLessThan(coarsest * 1.001),
        )
        const mean =
          back.reduce((sum, value, at) => sum + Math.abs(value - (values[at] ?? 0)), 0) / back.length
        expect(mean).toBeLessThan(coarsest * 0.35)
      })
    }

test('float16 weights are read as numbers, and have float16 scales', async () => {
  const half = memoryTensor('float16', [K, N], encodeFloats(values, 'float16'))
  const spec: BlockSpec = { K, N, layout: 'KN', bits: 4, blockSize: 16, symmetric: true, dtype: 'float16' }
  for await (const { rows } of matrixRows(half, spec))
    rows.forEach((value, at) => {
      const original = values[(at % K) * N + Math.floor(at / K)] ?? 0
      expect(Math.abs(value - original)).toBeLessThanOrEqual(Math.abs(original) * 2 ** -11 + 2 ** -24)
    })
  const { scales } = await codeRows(half, spec, rows => nearest(rows, spec))
  expect([scales.dtype, scales.shape]).toEqual(['float16', [N, 4]])
})

test('numbers that are not finite are refused', async () => {
  const unsound = memoryTensor('float32', [2, 16], new Float32Array(32).fill(NaN))
  const spec: BlockSpec = { K: 16, N: 2, layout: 'NK', bits: 4, blockSize: 16, symmetric: true }
  await expect(codeRows(unsound, spec, rows => nearest(rows, spec))).rejects.toMatchObject({
    code: 'unsound-weight',
  })
})
