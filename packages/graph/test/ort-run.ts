// Running graphs in ONNX Runtime for tests of this package: feeds made from the declared inputs, outputs with their raw
// bytes. Sizes are given by name; integer inputs stay small so that they are valid ids, masks and flags.
import { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { evaluateDim } from '../src/infer/dim.ts'
import { graphToBytes } from '../src/file/write.ts'
import type { Graph, ValueInfo } from '../src/ir.ts'

export type Sizes = ReadonlyMap<string, number>

/** Deterministic numbers in [0, 1). */
function randoms(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function feedOf(info: ValueInfo, sizes: Sizes, next: () => number): OrtTensor {
  const type = info.type
  if (type?.kind !== 'tensor' || !type.shape) throw new Error(`input ${info.name} has no shape`)
  const shape = type.shape.map(dim => evaluateDim(dim, sizes) ?? 1)
  const count = shape.reduce((a, b) => a * b, 1)
  const values = Array.from({ length: count }, next)
  switch (type.dtype) {
    case 'int64':
      return new OrtTensor(
        'int64',
        BigInt64Array.from(values, value => BigInt(integer(info.name, value))),
        shape,
      )
    case 'int32':
      return new OrtTensor(
        'int32',
        Int32Array.from(values, value => integer(info.name, value)),
        shape,
      )
    case 'bool':
      return new OrtTensor(
        'bool',
        Uint8Array.from(values, value => (value < 0.5 ? 0 : 1)),
        shape,
      )
    case 'float32':
      return new OrtTensor(
        'float32',
        Float32Array.from(values, value => 2 * value - 1),
        shape,
      )
    default:
      throw new Error(`no feed for ${info.name} of type ${type.dtype ?? 'unknown'}`)
  }
}

function integer(name: string, value: number): number {
  if (name.includes('mask')) return 1
  return Math.floor(value * (name.includes('type') ? 2 : 8))
}

/** Feeds for every required input, the same for the same seed. */
export function feedsFor(graph: Graph, sizes: Sizes, seed = 1): Record<string, OrtTensor> {
  const next = randoms(seed)
  return Object.fromEntries(graph.requiredInputs().map(info => [info.name, feedOf(info, sizes, next)]))
}

export interface RunOutput {
  readonly type: string
  readonly dims: readonly number[]
  readonly data: OrtTensor.DataType
}

/** Runs a graph as it stands (no optimization, so that bits are comparable) on given feeds. */
export async function runGraph(
  graph: Graph,
  feeds: Record<string, OrtTensor>,
): Promise<Record<string, RunOutput>> {
  const session = await InferenceSession.create(await graphToBytes(graph), {
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  })
  try {
    const wanted = Object.fromEntries(
      session.inputNames.flatMap(name => (feeds[name] ? [[name, feeds[name]]] : [])),
    )
    const found = await session.run(wanted)
    return Object.fromEntries(
      Object.entries(found).map(([name, { type, dims, data }]) => [name, { type, dims, data }]),
    )
  } finally {
    await session.release()
  }
}
