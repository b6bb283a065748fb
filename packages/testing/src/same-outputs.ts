// Comparing what two models compute. Tolerances have no defaults: a test that does not say what it accepts accepts anything.
import { DamsonError, type Graph } from '@damson/graph'
import type { Feeds, Model, Outputs, Runtime, TensorData } from '@damson/core'

/** How far outputs may be apart: |a − b| ≤ atol + rtol · |b|, element by element. Zeros ask for equal bits. */
export interface Tolerance {
  readonly atol: number
  readonly rtol: number
}

/** One output that differs: the worst element and its place. */
export interface Difference {
  readonly output: string
  readonly reason: string
}

/** Every output of `expected` that `actual` lacks or has otherwise. Equal NaNs and infinities are equal. */
export function differences(actual: Outputs, expected: Outputs, tolerance: Tolerance): readonly Difference[] {
  return Object.entries(expected).flatMap(([output, want]) => {
    const got = actual[output]
    const reason = got === undefined ? 'is missing' : difference(got, want, tolerance)
    return reason === undefined ? [] : [{ output, reason }]
  })
}

function difference(got: TensorData, want: TensorData, tolerance: Tolerance): string | undefined {
  if (got.dtype !== want.dtype) return `has type ${got.dtype}, expected ${want.dtype}`
  if (got.shape.join() !== want.shape.join())
    return `has shape [${got.shape.join()}], expected [${want.shape.join()}]`
  let worst: { at: number; excess: number } | undefined
  for (let at = 0; at < want.data.length; at++) {
    const excess = excessOf(got.data[at], want.data[at], tolerance)
    if (excess > (worst?.excess ?? 0)) worst = { at, excess }
  }
  if (!worst) return undefined
  const { at } = worst
  return `differs at element ${at}: got ${String(got.data[at])}, expected ${String(want.data[at])} (atol ${tolerance.atol}, rtol ${tolerance.rtol})`
}

/** By how much two elements exceed the tolerance; 0 when they are within it. */
function excessOf(a: unknown, b: unknown, { atol, rtol }: Tolerance): number {
  if (Object.is(a, b) || (a === b && atol + rtol > 0)) return 0
  if (typeof a === 'number' && typeof b === 'number') {
    const excess = Math.abs(a - b) - (atol + rtol * Math.abs(b))
    return Number.isNaN(excess)
      ? Infinity
      : atol + rtol === 0
        ? Math.max(excess, Number.MIN_VALUE)
        : Math.max(excess, 0)
  }
  return Infinity
}

/** Runs two models on the same feeds and throws `different-outputs`, naming each output and its worst element. */
export async function expectSameOutputs(
  runtime: Runtime,
  actual: Model | Graph,
  expected: Model | Graph,
  options: Tolerance & { readonly feeds: Feeds; readonly part?: string },
): Promise<void> {
  const outputs = []
  for (const model of [actual, expected])
    outputs.push(await runOnce(runtime, model, options.feeds, options.part))
  const [got = {}, want = {}] = outputs
  const found = differences(got, want, options)
  if (Object.keys(want).length > 0 && found.length === 0) return
  const list = found.map(({ output, reason }) => `"${output}" ${reason}`).join('; ')
  throw new DamsonError(
    'different-outputs',
    `Expected the same outputs: ${list === '' ? 'there are none' : list}.`,
  )
}

/** Opens a model, runs one part once, and closes it. */
export async function runOnce(
  runtime: Runtime,
  model: Model | Graph,
  feeds: Feeds,
  part?: string,
): Promise<Outputs> {
  const live = await runtime.open(model)
  try {
    return await live.run(part ?? firstPart(model), feeds)
  } finally {
    await live.close()
  }
}

function firstPart(model: Model | Graph): string {
  return 'parts' in model ? ([...model.parts.keys()][0] ?? 'main') : 'main'
}
