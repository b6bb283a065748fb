// Two graphs compared in ONNX Runtime on the same random feeds; a rewrite must not change what a model computes.
import { expect } from 'vitest'
import type { Graph } from '../src/ir.ts'
import { feedsFor, runGraph, type Sizes } from './ort-run.ts'

export interface Tolerances {
  /** Greatest absolute difference, besides `rtol` times the greatest magnitude of the expected output. */
  readonly atol: number
  readonly rtol: number
  /** Values of symbolic dimensions; 1 for those not given. */
  readonly sizes?: Sizes
}

/** Fails unless both graphs have the same outputs with the same types, shapes and, within the tolerances, numbers. */
export async function expectSameOutputs(
  before: Graph,
  after: Graph,
  { atol, rtol, sizes = new Map() }: Tolerances,
): Promise<void> {
  const feeds = feedsFor(before, sizes)
  const [expected, got] = [await runGraph(before, feeds), await runGraph(after, feeds)]
  expect(Object.keys(got)).toEqual(Object.keys(expected))
  for (const [name, output] of Object.entries(expected)) {
    const other = got[name]
    expect({ name, type: other?.type, dims: other?.dims }).toEqual({
      name,
      type: output.type,
      dims: output.dims,
    })
    const [a, b] = [Array.from(output.data, Number), Array.from(other?.data ?? [], Number)]
    const scale = Math.max(0, ...a.filter(Number.isFinite).map(Math.abs))
    const worst = Math.max(
      0,
      ...a.map((each, at) => (Object.is(each, b[at]) ? 0 : Math.abs(each - (b[at] ?? NaN)))),
    )
    expect(worst, `greatest difference of ${name}, of magnitude ${scale}`).toBeLessThanOrEqual(
      atol + rtol * scale,
    )
  }
}
