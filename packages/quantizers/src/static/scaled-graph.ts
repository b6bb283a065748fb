// A graph whose seams are scaled. Large weights are computed when somebody reads them, so that scaling holds none of them.
import { computeTensors, memoryTensor, residentArray, type Graph, type Tensor } from '@damson/graph'
import type { Seam } from './scale-seams.ts'

/** s [channels] by value of a seam. */
export type Scales = Readonly<Record<string, Tensor>>

/** What an element of a tensor is multiplied with, and a key of that. */
interface Factor {
  readonly of: (at: number) => number
  readonly key: string
}

const bandBytes = 4 << 20

/** The graph with 1/s in the maker of every seam that has scales, and s in its readers. */
export function scaledGraph(graph: Graph, seams: readonly Seam[], scales: Scales): Graph {
  const factors = new Map<string, Factor[]>()
  const note = (name: string, factor: Factor): void => void factors.set(name, [...(factors.get(name) ?? []), factor])
  for (const { value, vectors, maker, readers } of seams) {
    const s = scaleValues(scales[value])
    const key = scales[value]?.key ?? ''
    if (!s) continue
    const by = (channel: number): number => s[channel] ?? 1
    for (const { name } of vectors) note(name, { of: at => 1 / by(at), key: `/${key}` })
    if (maker) note(maker.weight.name, { of: at => 1 / by(maker.outputOf(at)), key: `/${key}` })
    for (const { weight, inputOf } of readers) note(weight.name, { of: at => by(inputOf(at)), key: `*${key}` })
  }
  if (factors.size === 0) return graph
  const initializers = [...graph.initializers].map(([name, each]) => {
    const own = factors.get(name)
    return [name, own ? { ...each, tensor: scaledTensor(each.tensor, own) } : each] as const
  })
  return graph.with({ initializers: new Map(initializers) })
} // prettier-ignore

/** Scales of a seam in memory. */
export function scaleValues(tensor: Tensor | undefined): Float32Array | undefined {
  const values = tensor && residentArray(tensor)
  return values instanceof Float32Array ? values : undefined
}

/** A float32 tensor with each element multiplied. */
function scaledTensor(tensor: Tensor, factors: readonly Factor[]): Tensor {
  const scale = (values: Float32Array, from: number): void => {
    for (let at = 0; at < values.length; at++) {
      const factor = factors.reduce((product, { of }) => product * of(from + at), 1)
      values[at] = (values[at] ?? 0) * factor
    }
  }
  if (tensor.data) {
    const values = new Float32Array(tensor.data.slice().buffer)
    scale(values, 0)
    return memoryTensor('float32', tensor.shape, values)
  }
  const [scaled = tensor] = computeTensors({
    key: `scaled:${tensor.key}:${factors.map(({ key }) => key).join()}`,
    cost: tensor.byteLength,
    outputs: [{ dtype: 'float32', shape: tensor.shape }],
    run: async (write, { signal }) => {
      const band = new Float32Array(Math.min(bandBytes, tensor.byteLength) / 4)
      const bytes = new Uint8Array(band.buffer)
      for (let at = 0; at < tensor.byteLength; at += bytes.length) {
        signal?.throwIfAborted()
        const into = bytes.subarray(0, Math.min(bytes.length, tensor.byteLength - at))
        await tensor.read({ offset: at, into, ...(signal ? { signal } : {}) })
        scale(band.subarray(0, into.length / 4), at / 4)
        await write(0, at, into)
      }
    },
  })
  return scaled
}
