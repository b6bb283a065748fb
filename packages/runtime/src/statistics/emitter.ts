// Writes the nodes that statistics are made of. Reductions and slices take axes as attributes or as inputs, depending on the
// opset of the graph that they join.
import {
  DamsonError,
  dataTypes,
  memoryTensor,
  type Attribute,
  type DataType,
  type Draft,
} from '@damson/graph'

export type Reduction = 'ReduceMin' | 'ReduceMax' | 'ReduceSum' | 'ReduceSumSquare' | 'ReduceProd'

/** First opset in which a reduction takes its axes as an input. */
const axesAsInput: Readonly<Record<Reduction, number>> = {
  ReduceSum: 13,
  ReduceMin: 18,
  ReduceMax: 18,
  ReduceSumSquare: 18,
  ReduceProd: 18,
}

/** `Where` and `Less` on numbers of every type. */
const lowestOpset = 9

export class Emitter {
  readonly #draft: Draft
  readonly #opset: number
  readonly #label: string
  readonly #made = new Map<string, string>()

  /** New names start with `label`. Throws `statistics` for graphs whose operator set is too old for the nodes. */
  constructor(draft: Draft, opset: number, label: string) {
    if (opset < lowestOpset) {
      throw new DamsonError(
        'statistics',
        `Expected opset ${lowestOpset} or newer for statistics, got ${opset}. Upgrade the model's opset first.`,
      )
    }
    this.#draft = draft
    this.#opset = opset
    this.#label = label
  }

  /** A node with one output; the same call twice is one node. */
  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    const key = `${op} ${inputs.join(' ')} ${stringify(attributes)}`
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const outputs = [this.#draft.fresh(`${this.#label}_${op}`)]
    this.#draft.add({ op, inputs, outputs, attributes: new Map(Object.entries(attributes)) })
    const made = outputs[0] ?? ''
    this.#made.set(key, made)
    return made
  }

  cast(value: string, to: DataType): string {
    return this.node('Cast', [value], { to: { type: 'int', value: BigInt(dataTypes[to].code) } })
  }

  /** A constant of one number, or of a list of whole numbers. */
  constant(dtype: 'float32' | 'float64' | 'int32' | 'int64', values: number | readonly number[]): string {
    const list = typeof values === 'number' ? [values] : values
    const shape = typeof values === 'number' ? [] : [list.length]
    const value = memoryTensor(dtype, shape, arrayFor(dtype, list))
    const key = `constant ${dtype} ${shape.join()} ${list.map(each => (Object.is(each, -0) ? '-0' : each)).join()}`
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const outputs = [this.#draft.fresh(`${this.#label}_constant`)]
    this.#draft.add({
      op: 'Constant',
      inputs: [],
      outputs,
      attributes: new Map([['value', { type: 'tensor', value }]]),
    })
    const made = outputs[0] ?? ''
    this.#made.set(key, made)
    return made
  }

  reduce(op: Reduction, value: string, axes: readonly number[], keepdims: boolean): string {
    const keep = { keepdims: { type: 'int', value: keepdims ? 1n : 0n } } as const
    if (this.#opset >= axesAsInput[op]) return this.node(op, [value, this.constant('int64', axes)], keep)
    return this.node(op, [value], { ...keep, axes: { type: 'ints', value: axes.map(BigInt) } })
  }

  /** Elements `from` to `to` of a vector; negative ones count from its end. */
  slice(value: string, from: number, to: number): string {
    if (this.#opset >= 10) {
      return this.node('Slice', [value, this.constant('int64', [from]), this.constant('int64', [to])])
    }
    const ints = (list: readonly number[]): Attribute => ({ type: 'ints', value: list.map(BigInt) })
    return this.node('Slice', [value], { starts: ints([from]), ends: ints([to]), axes: ints([0]) })
  }

  /** Every n-th element of a vector; all of them where slices have no steps yet. */
  every(value: string, n: number): string {
    if (this.#opset < 10) return value
    const ends = [0, 2 ** 31 - 1, 0, n].map(each => this.constant('int64', [each]))
    return this.node('Slice', [value, ...ends])
  }
}

function arrayFor(
  dtype: 'float32' | 'float64' | 'int32' | 'int64',
  values: readonly number[],
): ArrayBufferView {
  if (dtype === 'float32') return Float32Array.from(values)
  if (dtype === 'float64') return Float64Array.from(values)
  return dtype === 'int32' ? Int32Array.from(values) : BigInt64Array.from(values, BigInt)
}

function stringify(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `${each}n` : each))
}
