// The synthetic model of the loading benchmark: an encoder as TorchScript writes it (norms and Gelu decomposed, heads split by
// Reshapes whose sizes are computed), many nodes and 302 MB of weights in external data. Made here and never committed.
// Run: tsx --conditions=@damson/source many-node-model.ts <file.onnx> [layers] [width]
import { Draft, Graph, memoryTensor, openSink, writeGraph, type Tensor } from '@damson/graph'
import { weight } from './big-model.ts'

export interface ManyNodes {
  readonly layers?: number
  /** A multiple of 64, the size of a head. */
  readonly width?: number
}

const headSize = 64
const scalar = (value: number): Tensor => memoryTensor('float32', [], Float32Array.of(value))
const sizes = (...values: readonly number[]): Tensor =>
  memoryTensor('int64', [values.length], BigInt64Array.from(values.map(BigInt)))

/** x [batch, sequence, width] → y of the same shape: 24 layers of width 512 are 302 MB and about 1,300 nodes. */
export function manyNodeModel({ layers = 24, width = 512 }: ManyNodes = {}): Graph {
  const hidden = { kind: 'tensor', dtype: 'float32', shape: ['batch', 'sequence', width] } as const
  const header = { irVersion: 8, opsets: new Map([['', 17]]), functions: [] }
  const start = new Graph({ name: 'many', inputs: [{ name: 'x', type: hidden }], outputs: [], initializers: new Map(), nodes: [], header }) // prettier-ignore
  const draft = new Draft(start)
  const made = new Maker(draft, width)
  let x = 'x'
  for (let layer = 0; layer < layers; layer++) x = made.layer(`layers.${layer}`, x)
  draft.add({ op: 'Identity', inputs: [x], outputs: ['y'] })
  draft.setOutputs([{ name: 'y', type: hidden }])
  return start.with({ nodes: draft.finish().nodes, initializers: draft.initializers, outputs: draft.outputs })
}

class Maker {
  readonly #draft: Draft
  readonly #width: number
  #seed = 0

  constructor(draft: Draft, width: number) {
    this.#draft = draft
    this.#width = width
  }

  layer(name: string, x: string): string {
    const width = this.#width
    const [q, k, v] = ['query', 'key', 'value'].map(each => this.#heads(this.#linear(`${name}.${each}`, x, width, width))) // prettier-ignore
    const scores = this.#add('MatMul', q ?? '', this.#transposed(k ?? '', [0, 1, 3, 2]))
    const scaled = this.#add('Div', scores, this.#constant(scalar(Math.sqrt(headSize))))
    const mixed = this.#transposed(this.#add('MatMul', this.#add('Softmax', scaled), v ?? ''), [0, 2, 1, 3])
    const joined = this.#add('Reshape', mixed, this.#shapeFrom(mixed, width))
    const middle = this.#norm(`${name}.norm1`, this.#add('Add', x, this.#linear(`${name}.output`, joined, width, width))) // prettier-ignore
    const up = this.#gelu(this.#linear(`${name}.up`, middle, width, 4 * width))
    return this.#norm(`${name}.norm2`, this.#add('Add', middle, this.#linear(`${name}.down`, up, 4 * width, width))) // prettier-ignore
  }

  #add(op: string, ...inputs: readonly string[]): string {
    return this.#draft.add({ op, inputs }).outputs[0] ?? ''
  }
  #constant(tensor: Tensor): string {
    return this.#draft.addInitializer('constant', tensor)
  }

  #linear(name: string, x: string, rows: number, columns: number): string {
    const matrix = this.#draft.addInitializer(`${name}.weight`, weight(++this.#seed, rows, columns))
    const bias = this.#draft.addInitializer(`${name}.bias`, memoryTensor('float32', [columns], new Float32Array(columns).fill(0.01))) // prettier-ignore
    return this.#add('Add', this.#add('MatMul', x, matrix), bias)
  }

  /** [batch, sequence, width] → [batch, heads, sequence, 64] */
  #heads(x: string): string {
    return this.#transposed(this.#add('Reshape', x, this.#shapeFrom(x, this.#width / headSize, headSize)), [0, 2, 1, 3]) // prettier-ignore
  }

  /** The two leading sizes of a value, as TorchScript computes them, and sizes that are known. */
  #shapeFrom(x: string, ...last: readonly number[]): string {
    const at = (index: number): string => {
      const size = this.#add('Gather', this.#add('Shape', x), this.#constant(memoryTensor('int64', [], BigInt64Array.of(BigInt(index))))) // prettier-ignore
      return this.#add('Unsqueeze', size, this.#constant(sizes(0)))
    }
    const node = this.#draft.add({
      op: 'Concat',
      inputs: [at(0), at(1), this.#constant(sizes(...last))],
      attributes: new Map([['axis', { type: 'int', value: 0n }]]),
    })
    return node.outputs[0] ?? ''
  }

  #transposed(x: string, order: readonly number[]): string {
    const attributes = new Map([['perm', { type: 'ints', value: order.map(BigInt) }]] as const)
    return this.#draft.add({ op: 'Transpose', inputs: [x], attributes }).outputs[0] ?? ''
  }

  #mean(x: string): string {
    const attributes = new Map([['axes', { type: 'ints', value: [-1n] }]] as const)
    return this.#draft.add({ op: 'ReduceMean', inputs: [x], attributes }).outputs[0] ?? ''
  }

  /** (x − μ) / √(σ² + ε) · γ + β */
  #norm(name: string, x: string): string {
    const width = this.#width
    const centred = this.#add('Sub', x, this.#mean(x))
    const variance = this.#mean(this.#add('Pow', centred, this.#constant(scalar(2))))
    const normal = this.#add('Div', centred, this.#add('Sqrt', this.#add('Add', variance, this.#constant(scalar(1e-5))))) // prettier-ignore
    const gain = this.#draft.addInitializer(`${name}.weight`, memoryTensor('float32', [width], new Float32Array(width).fill(1))) // prettier-ignore
    const bias = this.#draft.addInitializer(`${name}.bias`, memoryTensor('float32', [width], new Float32Array(width))) // prettier-ignore
    return this.#add('Add', this.#add('Mul', normal, gain), bias)
  }

  /** x · (1 + erf(x / √2)) / 2 */
  #gelu(x: string): string {
    const erf = this.#add('Erf', this.#add('Div', x, this.#constant(scalar(Math.SQRT2))))
    const wide = this.#add('Mul', x, this.#add('Add', erf, this.#constant(scalar(1))))
    return this.#add('Mul', wide, this.#constant(scalar(0.5)))
  }
}

/** Writes the model with all weights in external data. */
export async function writeManyNodeModel(path: string, options: ManyNodes = {}): Promise<void> {
  const sink = openSink(path)
  await writeGraph(manyNodeModel(options), sink, path.split('/').at(-1) ?? path, { external: { threshold: 1024 } }) // prettier-ignore
  await sink.commit()
}
