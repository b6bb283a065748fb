// The synthetic model of the streaming benchmark: a 24-layer encoder of 302 M weights, 1.21 GB, with external data. Made by
// this script and never committed. Attention is single-headed and without mask: only weights and matrix products count here.
// Run: tsx --conditions=@damson/source big-model.ts <file.onnx> [layers]
import { computeTensors, Draft, Graph, memoryTensor, openSink, writeGraph, type Tensor } from '@damson/graph'

const width = 1024
const inner = 4096

/** Uniform numbers of standard deviation 0.02, in bands of 4 MiB: xorshift32, seeded by the weight's number. */
export function weight(seed: number, rows: number, columns: number): Tensor {
  const bytes = rows * columns * 4
  const [tensor] = computeTensors({
    key: `big-model:${seed}:${rows}x${columns}`,
    cost: bytes,
    outputs: [{ dtype: 'float32', shape: [rows, columns] }],
    run: async write => {
      const band = new Float32Array(1 << 20)
      let state = (seed * 2654435761) | 1
      for (let offset = 0; offset < bytes; offset += band.byteLength) {
        const count = Math.min(band.length, (bytes - offset) / 4)
        for (let at = 0; at < count; at++) {
          state ^= state << 13
          state ^= state >>> 17
          state ^= state << 5
          band[at] = (state / 2 ** 31) * 0.02 * Math.sqrt(3)
        }
        await write(0, offset, new Uint8Array(band.buffer, 0, count * 4))
      }
    },
  })
  if (!tensor) throw new Error('expected a tensor')
  return tensor
}

/** The encoder: x [batch, sequence, 1024] → y of the same shape. */
export function bigModel(layers: number): Graph {
  const hidden = { kind: 'tensor', dtype: 'float32', shape: ['batch', 'sequence', width] } as const
  const header = { irVersion: 8, opsets: new Map([['', 17]]), functions: [] }
  const start = new Graph({
    name: 'big',
    inputs: [{ name: 'x', type: hidden }],
    outputs: [],
    initializers: new Map(),
    nodes: [],
    header,
  })
  const draft = new Draft(start)
  const ones = new Float32Array(width).fill(1)
  let seed = 0
  const add = (op: string, ...inputs: string[]): string => draft.add({ op, inputs }).outputs[0] ?? ''
  const product = (name: string, x: string, rows: number, columns: number): string =>
    add('MatMul', x, draft.addInitializer(name, weight(++seed, rows, columns)))
  const norm = (name: string, x: string): string =>
    add('LayerNormalization', x, draft.addInitializer(name, memoryTensor('float32', [width], ones)))
  let x = 'x'
  for (let layer = 0; layer < layers; layer++) {
    const at = (name: string): string => `layers.${layer}.${name}.weight`
    const [q, k, v] = ['query', 'key', 'value'].map(name => product(at(name), x, width, width))
    const keys = draft.add({
      op: 'Transpose',
      inputs: [k ?? ''],
      attributes: new Map([['perm', { type: 'ints', value: [0n, 2n, 1n] }]]),
    })
    const scale = draft.addInitializer(
      `layers.${layer}.scale`,
      memoryTensor('float32', [], Float32Array.of(1 / 32)),
    )
    const scores = add('Softmax', add('Mul', add('MatMul', q ?? '', keys.outputs[0] ?? ''), scale))
    const mixed = product(at('output'), add('MatMul', scores, v ?? ''), width, width)
    const middle = norm(at('norm1'), add('Add', x, mixed))
    const up = product(at('up'), middle, width, inner)
    const down = product(at('down'), add('Relu', up), inner, width)
    x = norm(at('norm2'), add('Add', middle, down))
  }
  draft.add({ op: 'Identity', inputs: [x], outputs: ['y'] })
  draft.setOutputs([{ name: 'y', type: hidden }])
  return start.with({ nodes: draft.finish().nodes, initializers: draft.initializers, outputs: draft.outputs })
}

/** Writes the model with all weights in external data. */
export async function writeBigModel(path: string, layers = 24): Promise<void> {
  const sink = openSink(path)
  await writeGraph(bigModel(layers), sink, path.split('/').at(-1) ?? path, { external: { threshold: 1024 } })
  await sink.commit()
}
