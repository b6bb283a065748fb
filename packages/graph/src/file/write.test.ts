import { createHash } from 'node:crypto'
import { fromBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { Graph, type BodyFields } from '../ir.ts'
import { bytesSource } from '../storage/bytes-source.ts'
import { memoryFolder } from '../storage/folders.ts'
import { memorySink, type MemorySink } from '../storage/memory-sink.ts'
import { streamSink } from '../storage/stream-sink.ts'
import type { Sink } from '../storage.ts'
import type { Computation, Tensor } from '../tensor.ts'
import { computeTensors } from '../tensors/computed-tensor.ts'
import { memoryTensor } from '../tensors/memory-tensor.ts'
import { parseGraph, readGraph } from './read.ts'
import { graphToBytes, writeGraph, type WriteGraphOptions } from './write.ts'

const header = { irVersion: 10, opsets: new Map([['', 21]]), functions: [] }

function graphOf(tensors: Readonly<Record<string, Tensor>>, more: Partial<BodyFields> = {}): Graph {
  const initializers = new Map(
    Object.entries(tensors).map(([name, tensor]) => [name, { name, tensor, origins: [name] }]),
  )
  return new Graph({ name: 'g', inputs: [], outputs: [], nodes: [], ...more, initializers, header })
}

/** Bytes that differ from tensor to tensor and from place to place. */
function ramp(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8) * 7 + seed) & 255)
}

function bytesTensor(length: number, seed: number): Tensor {
  return memoryTensor('uint8', [length], ramp(length, seed))
}

/** A computation of two outputs whose bands come alternating and from the back. */
function computation(key: string, sizes: readonly number[], runs: string[] = []): Computation {
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

async function save(graph: Graph, options: WriteGraphOptions = {}) {
  const sink = memorySink()
  const { files } = await writeGraph(graph, sink, 'sub/model.onnx', options)
  await sink.commit()
  for (const { path, bytes, sha256 } of files) {
    const written = sink.files.get(path)
    expect(written?.length).toBe(bytes)
    expect(
      createHash('sha256')
        .update(written ?? '')
        .digest('hex'),
    ).toBe(sha256)
  }
  const source = bytesSource(sink.files.get('sub/model.onnx') ?? new Uint8Array(0))
  const again = await readGraph(source, { folder: memoryFolder(sink.files), path: 'sub/model.onnx' })
  return { files, sink, again }
}

const sha = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Hashes of all initializers: comparing long arrays element by element is slow. */
async function contents(graph: Graph): Promise<Record<string, string>> {
  const entries = [...graph.initializers.values()].map(
    async ({ name, tensor }) => [name, sha(await tensor.read())] as const,
  )
  return Object.fromEntries(await Promise.all(entries))
}

describe('external data', () => {
  const graph = graphOf({
    a: bytesTensor(3000, 1),
    small: bytesTensor(100, 2),
    b: bytesTensor(200_000, 3),
    c: bytesTensor(5000, 4),
  })

  test('tensors from the threshold on, aligned, in chunks', async () => {
    const { files, again, sink } = await save(graph, { external: { chunkBytes: 10_000 } })
    expect(files.map(({ path, bytes }) => [path, bytes]).slice(1)).toEqual([
      ['sub/model.onnx_data', 3000],
      ['sub/model.onnx_data_1', 200_000],
      ['sub/model.onnx_data_2', 5000],
    ])
    expect(await contents(again)).toEqual(await contents(graph))
    const [first, small] =
      fromBinary(ModelProtoSchema, sink.files.get('sub/model.onnx') ?? new Uint8Array(0)).graph
        ?.initializer ?? []
    expect(first?.externalData.map(({ key, value }) => [key, value])).toEqual([
      ['location', 'model.onnx_data'],
      ['offset', '0'],
      ['length', '3000'],
    ])
    expect(small?.rawData).toEqual(ramp(100, 2))
  })

  test('one chunk by default, padded to alignment', async () => {
    const { files, again } = await save(graph, { external: {} })
    expect(files.map(({ bytes }) => bytes).slice(1)).toEqual([3008 + 200_000 + 5000])
    expect(await contents(again)).toEqual(await contents(graph))
  })

  test('big tensors start at pages', async () => {
    const big = graphOf({ a: bytesTensor(2000, 1), b: bytesTensor(2 ** 20, 2) })
    const { files } = await save(big, { external: {} })
    expect(files[1]?.bytes).toBe(4096 + 2 ** 20)
  })

  test('equal tensors are written once', async () => {
    const { files, again } = await save(graphOf({ a: bytesTensor(3000, 1), b: bytesTensor(3000, 1) }), {
      external: {},
    })
    expect(files[1]?.bytes).toBe(3000)
    expect(await contents(again)).toEqual({ a: sha(ramp(3000, 1)), b: sha(ramp(3000, 1)) })
  })

  test('other names', async () => {
    const naming = (chunk: number): string => `w${chunk}.bin`
    const { files } = await save(graph, { external: { naming, chunkBytes: 4000 } })
    expect(files.map(({ path }) => path)).toEqual([
      'sub/model.onnx',
      'sub/w0.bin',
      'sub/w1.bin',
      'sub/w2.bin',
    ])
  })
})

describe('above 2 GB', () => {
  const huge: Tensor = {
    dtype: 'float32',
    shape: [2 ** 29],
    byteLength: 2 ** 31,
    key: 'huge',
    read: async () => expect.fail('nothing may be read'),
  }

  test('never external is an error before anything is written', async () => {
    const sink = memorySink()
    await expect(writeGraph(graphOf({ huge }), sink, 'm.onnx', { external: 'never' })).rejects.toMatchObject({
      code: 'too-large',
    })
  })

  test('auto goes external', async () => {
    const created: [string, number][] = []
    const sink: Sink = {
      name: 'recorder',
      async create(path) {
        return {
          path,
          reserve: async size => void created.push([path, size]),
          write: async () => {},
          close: async () => {},
        }
      },
      commit: async () => {},
      abort: async () => {},
    }
    const stop = {
      onProgress: () => {
        throw new Error('enough')
      },
    }
    await expect(writeGraph(graphOf({ huge }), sink, 'm.onnx', stop)).rejects.toThrow('enough')
    expect(created.map(([path]) => path)).toEqual(['m.onnx', 'm.onnx_data'])
    expect(created[1]?.[1]).toBe(2 ** 31)
  })
})

describe('computed tensors', () => {
  test('go straight to their places, whatever the order of their bands', async () => {
    const runs: string[] = []
    const [a, b] = computeTensors(computation('c', [70_500, 2_300], runs))
    if (!a || !b) return expect.fail('two tensors')
    const graph = graphOf({
      first: bytesTensor(80_000, 9),
      scales: b,
      middle: bytesTensor(90_000, 8),
      packed: a,
    })
    const expected = {
      first: sha(ramp(80_000, 9)),
      scales: sha(ramp(2_300, 1)),
      middle: sha(ramp(90_000, 8)),
      packed: sha(ramp(70_500, 0)),
    }
    for (const external of ['never', {}] as const) {
      const { again } = await save(graph, { external })
      expect(await contents(again)).toEqual(expected)
    }
    expect(runs).toEqual(['c', 'c'])
  })

  test('in nested bodies, with all lengths around them right', async () => {
    const [tensor] = computeTensors(computation('n', [300_000]))
    if (!tensor) return expect.fail('a tensor')
    const constant = {
      op: 'Constant',
      domain: '',
      name: '',
      inputs: [],
      outputs: ['c'],
      origins: [],
      attributes: new Map([['value', { type: 'tensor' as const, value: tensor }]]),
    }
    const inner = graphOf({}, { nodes: [constant], outputs: [{ name: 'c' }] })
    const outer = {
      op: 'If',
      domain: '',
      name: 'if',
      inputs: ['x'],
      outputs: ['y'],
      origins: [],
      attributes: new Map([['then_branch', { type: 'graph' as const, value: inner }]]),
    }
    const graph = graphOf({ w: bytesTensor(70_000, 1) }, { nodes: [outer] })
    const { again } = await save(graph)
    const body = again.nodes[0]?.attributes.get('then_branch')
    const found = body?.type === 'graph' ? body.value.tensor('c') : undefined
    expect(sha((await found?.read()) ?? new Uint8Array(0))).toBe(sha(ramp(300_000, 0)))
    expect(await contents(again)).toEqual({ w: sha(ramp(70_000, 1)) })
  })

  test('with equal keys run once', async () => {
    const runs: string[] = []
    const one = computeTensors(computation('same', [100_000], runs))[0]
    const two = computeTensors(computation('same', [100_000], runs))[0]
    if (!one || !two) return expect.fail('two tensors')
    const { again } = await save(graphOf({ one, two }))
    expect(await contents(again)).toEqual({ one: sha(ramp(100_000, 0)), two: sha(ramp(100_000, 0)) })
    expect(runs).toEqual(['same'])
  })

  const broken: readonly [string, Computation['run']][] = [
    ['leaves something out', async write => write(0, 0, new Uint8Array(50))],
    ['writes beyond its output', async write => write(0, 90, new Uint8Array(20))],
    ['writes to an output that it has not', async write => write(1, 0, new Uint8Array(1))],
    [
      'writes one place twice',
      async write => {
        await write(0, 0, new Uint8Array(50))
        await write(0, 0, new Uint8Array(50))
      },
    ],
  ]
  test.each(broken)('an error when a computation %s', async (_, run) => {
    const [tensor] = computeTensors({ key: 'k', cost: 1, outputs: [{ dtype: 'uint8', shape: [100] }], run })
    if (!tensor) return expect.fail('a tensor')
    await expect(graphToBytes(graphOf({ tensor }))).rejects.toMatchObject({ code: 'computation' })
  })
})

describe('progress and ends', () => {
  const graph = graphOf({ a: bytesTensor(100_000, 1), b: bytesTensor(100_000, 2) })

  test('progress counts every byte', async () => {
    const seen: [number, number][] = []
    const { files } = await save(graph, { onProgress: (done, total) => seen.push([done, total]) })
    expect(seen.at(-1)).toEqual([files[0]?.bytes, files[0]?.bytes])
    expect(seen.length).toBeGreaterThan(3)
  })

  const failing: readonly [string, (stop: AbortController) => { graph: Graph; code: string }][] = [
    [
      'an abort',
      stop => {
        const tensor: Tensor = {
          ...plain(bytesTensor(100_000, 1)),
          read: async () => (stop.abort(), new Uint8Array(100_000)),
        }
        return { graph: graphOf({ tensor }), code: 'AbortError' }
      },
    ],
    [
      'a tensor that cannot be read',
      () => {
        const tensor: Tensor = {
          ...plain(bytesTensor(100_000, 1)),
          read: () => Promise.reject(new Error('gone')),
        }
        return { graph: graphOf({ tensor }), code: 'Error' }
      },
    ],
    [
      'a tensor shorter than it says',
      () => {
        const tensor: Tensor = { ...plain(bytesTensor(100_000, 1)), read: async () => new Uint8Array(3) }
        return { graph: graphOf({ tensor }), code: 'DamsonError' }
      },
    ],
  ]
  test.each(failing)('%s aborts the sink', async (_, make) => {
    const stop = new AbortController()
    const made = make(stop)
    const sink = memorySink()
    await expect(writeGraph(made.graph, sink, 'm.onnx', { signal: stop.signal })).rejects.toMatchObject({
      name: made.code,
    })
    await sink.commit()
    expect(sink.files.size).toBe(0)
  })

  test('one commit for several graphs', async () => {
    const sink: MemorySink = memorySink()
    await writeGraph(graph, sink, 'a/model.onnx')
    await writeGraph(graph, sink, 'b/model.onnx')
    expect(sink.files.size).toBe(0)
    await sink.commit()
    expect([...sink.files.keys()]).toEqual(['a/model.onnx', 'b/model.onnx'])
  })
})

function plain({ dtype, shape, byteLength, key }: Tensor): Omit<Tensor, 'read'> {
  return { dtype, shape, byteLength, key }
}

test('a place that cannot read back gets everything in order, and the hash is right', async () => {
  const [a, b] = computeTensors(computation('c', [70_500, 2_300]))
  if (!a || !b) return expect.fail('two tensors')
  const graph = graphOf({ scales: b, packed: a, last: bytesTensor(70_000, 5) })
  const chunks: Uint8Array[] = []
  const sink = streamSink(new WritableStream({ write: chunk => void chunks.push(chunk) }))
  const { files } = await writeGraph(graph, sink, 'm.onnx')
  await sink.commit()
  const bytes = new Uint8Array(Buffer.concat(chunks))
  expect(sha(bytes)).toBe(files[0]?.sha256)
  expect(await contents(parseGraph(bytes))).toEqual(await contents(graph))
})

test('two saves of one graph are the same bytes', async () => {
  const graph = graphOf({ a: bytesTensor(100_000, 1) })
  expect(sha(await graphToBytes(graph))).toBe(sha(await graphToBytes(graph)))
})
