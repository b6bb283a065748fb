// Where an attention is built: a draft of the body, the operator set, and what was built before for others of the same graph
// (masks of one model are alike in all layers).
import { memoryTensor, tensorOf, Value, type Attribute, type Draft, type Tensor } from '@damson/graph'
import type { View } from './view.ts'

export class Site {
  readonly view: View
  readonly draft: Draft
  /** Values built so far, by what they are. */
  readonly #built = new Map<string, string>()

  constructor(view: View, draft: Draft) {
    this.view = view
    this.draft = draft
  }

  /** The value of that description, built at the first call. */
  once(key: string, build: () => string): string {
    const known = this.#built.get(key)
    if (known !== undefined) return known
    const made = build()
    this.#built.set(key, made)
    return made
  }

  /** One output of a new node. */
  add(
    op: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    hint = `${inputs[0] ?? ''}_${op.toLowerCase()}`,
  ): string {
    const outputs = [this.draft.fresh(hint)]
    this.draft.add({ op, inputs, outputs, attributes: attributesFrom(attributes) })
    return outputs[0] ?? ''
  }

  integers(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const key = `int64 ${shape.join()} ${values.join()}`
    return this.once(key, () =>
      this.draft.addInitializer('sizes', memoryTensor('int64', shape, BigInt64Array.from(values, BigInt))),
    )
  }

  integers32(values: readonly number[]): string {
    const key = `int32 ${values.join()}`
    return this.once(key, () =>
      this.draft.addInitializer('counts', memoryTensor('int32', [values.length], Int32Array.from(values))),
    )
  }

  /** A number of the element type of a value. */
  number(value: number, like: string): string {
    const dtype = this.view.dtype(like) ?? 'float32'
    const tensor = tensorOf(dtype, [], [value])
    return this.once(`${dtype} ${value}`, () => this.draft.addInitializer('number', tensor))
  }

  reshape(value: string, target: readonly number[]): string {
    return this.add('Reshape', [value, this.integers(target)])
  }

  transpose(value: string, perm: readonly number[]): string {
    return this.add('Transpose', [value], { perm })
  }

  /** Axes are an attribute of Unsqueeze up to operator set 12, an input from 13 on. */
  unsqueeze(value: string, axes: readonly number[]): string {
    return this.view.opset < 13
      ? this.add('Unsqueeze', [value], { axes })
      : this.add('Unsqueeze', [value, this.integers(axes)])
  }

  /** The same for ReduceMax from operator set 18 on. */
  reduceMaxOfRows(value: string): string {
    return this.view.opset < 18
      ? this.add('ReduceMax', [value], { axes: [-1], keepdims: 1 })
      : this.add('ReduceMax', [value, this.integers([-1])], { keepdims: 1 })
  }

  /** One size of a value, as a tensor [1]. */
  size(value: string, axis: number): string {
    const key = `size ${value} ${axis}`
    return this.once(key, () => {
      const known = this.view.shape(value)?.[axis]
      if (typeof known === 'number') return this.integers([known])
      const shape = this.once(`shape ${value}`, () => this.add('Shape', [value]))
      return this.add('Gather', [shape, this.integers([axis])], { axis: 0 })
    })
  }

  /** What a value is made of, for telling equal masks of several layers apart from others. */
  keyOf(name: string): string {
    const { producer, tensor } = new Value(name, this.view.scope)
    if (tensor) return tensor.key
    if (!producer || producer.op !== 'Where') return name
    return `${producer.op}(${producer.inputs.map(input => this.#tensor(input)?.key ?? input).join()})`
  }

  #tensor(name: string): Tensor | undefined {
    return new Value(name, this.view.scope).tensor
  }
}

export type Attributes = Readonly<Record<string, number | readonly number[] | Attribute>>

/** Numbers become integers; floats are given as attributes. */
export function attributesFrom(given: Attributes): ReadonlyMap<string, Attribute> {
  return new Map(
    Object.entries(given).map(([name, value]): [string, Attribute] => {
      if (typeof value === 'number') return [name, { type: 'int', value: BigInt(value) }]
      if ('type' in value) return [name, value]
      return [name, { type: 'ints', value: value.map(BigInt) }]
    }),
  )
}

export const float = (value: number): Attribute => ({ type: 'float', value: Math.fround(value) })
