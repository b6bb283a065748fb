// Graphs of byte tensors and what a save makes of them, for the tests of writing.
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { readGraph } from '../src/file/read.ts'
import { writeGraph, type WriteGraphOptions } from '../src/file/write.ts'
import { Graph, type BodyFields } from '../src/ir.ts'
import { bytesSource } from '../src/storage/bytes-source.ts'
import { memoryFolder } from '../src/storage/folders.ts'
import { memorySink } from '../src/storage/memory-sink.ts'
import type { Computation, Tensor } from '../src/tensor.ts'
import { memoryTensor } from '../src/tensors/memory-tensor.ts'

const header = { irVersion: 10, opsets: new Map([['', 21]]), functions: [] }

/** A graph of initializers. */
export function graphOf(tensors: Readonly<Record<string, Tensor>>, more: Partial<BodyFields> = {}): Graph {
  const initializers = new Map(
    Object.entries(tensors).map(([name, tensor]) => [name, { name, tensor, origins: [name] }]),
  )
  return new Graph({ name: 'g', inputs: [], outputs: [], nodes: [], ...more, initializers, header })
}

/** Bytes that differ from tensor to tensor and from place to place. */
export function ramp(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + seed) & 255)
}

/** A resident tensor of bytes. */
export function bytesTensor(length: number, seed: number): Tensor {
  return memoryTensor('uint8', [length], ramp(length, seed))
}

/** A computation of two outputs whose bands come alternating and from the back. */
export function computation(key: string, sizes: readonly number[], runs: string[] = []): Computation {
  return {
    key,
    cost: 1,
    outputs: sizes.map(size => ({ dtype: 'uint8', shape: [size] })),
    async run(write) {
      runs.push(key)
      const band = 1000
      const whole = sizes.map(ramp)
      const reused = new Uint8Array(band)
      for (let at = Math.floor(Math.max(...sizes) / band) * band; at >= 0; at -= band)
        for (const [output, size] of sizes.entries()) {
          if (at >= size) continue
          const part = reused.subarray(0, Math.min(band, size - at))
          part.set((whole[output] ?? part).subarray(at, at + part.length))
          await write(output, at, part)
        }
    },
  }
}

/** Writes, checks sizes and hashes of all files, and reads back. */
export async function save(graph: Graph, options: WriteGraphOptions = {}) {
  const sink = memorySink()
  const { files } = await writeGraph(graph, sink, 'sub/model.onnx', options)
  await sink.commit()
  for (const { path, bytes, sha256 } of files) {
    const written = sink.files.get(path)
    expect(written?.length).toBe(bytes)
    expect(sha(written ?? new Uint8Array(0))).toBe(sha256)
  }
  const source = bytesSource(sink.files.get('sub/model.onnx') ?? new Uint8Array(0))
  const again = await readGraph(source, { folder: memoryFolder(sink.files), path: 'sub/model.onnx' })
  return { files, sink, again }
}

/** SHA-256 in hexadecimal. */
export const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Hashes of all initializers: comparing long arrays element by element is slow. */
export async function contents(graph: Graph): Promise<Record<string, string>> {
  const entries = [...graph.initializers.values()].map(
    async ({ name, tensor }) => [name, sha(await tensor.read())] as const,
  )
  return Object.fromEntries(await Promise.all(entries))
}
