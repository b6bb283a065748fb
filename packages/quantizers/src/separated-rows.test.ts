import { memoryTensor } from '@damson/graph'
import { seededNormal } from '@damson/testing'
import { describe, expect, test } from 'vitest'
import { onlyRows, withoutRows } from './separated-rows.ts'

const [K, N, rows] = [9, 7, [0, 3, 4, 8]] as const
const values = seededNormal(1, K * N)

describe.each(['KN', 'NK'] as const)('a weight that lies as %s', layout => {
  const weight = memoryTensor('float32', layout === 'KN' ? [K, N] : [N, K], values)
  const separation = { view: { K, N, layout }, rows }
  const at = (k: number, n: number): number => (layout === 'KN' ? k * N + n : n * K + k)
  const isTaken = (index: number): boolean =>
    rows.some(k => Array.from({ length: N }, (_, n) => at(k, n)).includes(index))

  test('has zeros in the rows that are taken out, in whatever pieces it is read', async () => {
    const want = values.map((value, index) => (isTaken(index) ? 0 : value))
    const rest = withoutRows(weight, separation)
    for (let from = 0; from < K * N; from++) {
      for (const length of [1, 5, K * N - from]) {
        const count = Math.min(length, K * N - from)
        const into = new Uint8Array(count * 4)
        await rest.read({ offset: from * 4, into })
        expect(new Float32Array(into.buffer)).toEqual(want.slice(from, from + count))
        expect(await rest.read({ offset: from * 4, length: count * 4 })).toEqual(into)
      }
    }
    expect(new Float32Array((await weight.read()).slice().buffer)).toEqual(values)
  })

  test('gives those rows as they are', async () => {
    const taken = onlyRows(weight, separation, 'test')
    const want = rows.flatMap(k => Array.from({ length: N }, (_, n) => values[at(k, n)] ?? NaN))
    expect(taken.shape).toEqual([rows.length, N])
    expect(new Float32Array((await taken.read()).slice().buffer)).toEqual(Float32Array.from(want))
  })
})
