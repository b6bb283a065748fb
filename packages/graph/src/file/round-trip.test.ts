import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { eachZooModel } from '@damson/zoo/vitest'
import { describe, expect, test } from 'vitest'
import { canonicalModel } from '../../test/canonical-message.ts'
import { difference } from '../check/difference.ts'
import type { Graph } from '../ir.ts'
import { fileSource, pathFolder } from '../storage/file-source.node.ts'
import { memoryFolder } from '../storage/folders.ts'
import { bytesSource } from '../storage/bytes-source.ts'
import { memorySink } from '../storage/memory-sink.ts'
import type { Tensor } from '../tensor.ts'
import { weights } from '../weights.ts'
import { readGraph } from './read.ts'
import { writeGraph, type WriteGraphOptions } from './write.ts'

async function open(file: string): Promise<Graph> {
  return readGraph(await fileSource(file), { folder: pathFolder(dirname(file)), path: basename(file) })
}

async function writeAndRead(graph: Graph, external: WriteGraphOptions['external'] = 'auto') {
  const sink = memorySink()
  await writeGraph(graph, sink, 'model.onnx', { external })
  await sink.commit()
  const bytes = sink.files.get('model.onnx') ?? new Uint8Array(0)
  const again = await readGraph(bytesSource(bytes), { folder: memoryFolder(sink.files), path: 'model.onnx' })
  return { bytes, files: sink.files, again }
}

async function expectSameTensors(one: Graph, other: Graph): Promise<void> {
  const others = new Map(allTensors(other))
  for (const [id, tensor] of allTensors(one)) {
    const twin = others.get(id)
    expect(twin?.strings, id).toEqual(tensor.strings)
    if (!twin || Buffer.compare(await tensor.read(), await twin.read()) !== 0)
      expect.fail(`tensor ${id} differs`)
  }
  expect(others.size).toBe(new Map(allTensors(one)).size)
}

function allTensors(graph: Graph): [string, Tensor][] {
  return weights(graph).map(({ id, tensor }) => [id, tensor])
}

/** Every graph that large tensors do not hide in: those are compared byte by byte above. */
function expectSameStructure(one: Graph, other: Graph): void {
  const small = (graph: Graph): Graph => (largeTensors(graph) ? withoutLarge(graph) : graph)
  expect(difference(small(one), small(other))).toBeUndefined()
}

function largeTensors(graph: Graph): boolean {
  return weights(graph).some(({ tensor }) => tensor.data === undefined && tensor.strings === undefined)
}

function withoutLarge(graph: Graph): Graph {
  const kept = new Map([...graph.initializers].filter(([, { tensor }]) => tensor.data ?? tensor.strings))
  return graph.with({ initializers: kept })
}

eachZooModel('comes back as it was', async file => {
  const graph = await open(file)
  const { bytes, again } = await writeAndRead(graph)
  await expectSameTensors(graph, again)
  expectSameStructure(graph, again)
  const external = (location: string): Uint8Array => readFileSync(join(dirname(file), location))
  expect(canonicalModel(bytes, external)).toEqual(canonicalModel(readFileSync(file), external))
})

eachZooModel(
  'comes back from external data in chunks',
  async file => {
    const graph = await open(file)
    const { files, again } = await writeAndRead(graph, { threshold: 100, chunkBytes: 100_000 })
    expect([...files.keys()].slice(0, 3)).toEqual(['model.onnx', 'model.onnx_data', 'model.onnx_data_1'])
    await expectSameTensors(graph, again)
  },
  ({ path, bytes }) => path.startsWith('fixtures/') && bytes > 500_000,
)

/** Where Debian's package libonnx-testdata puts ONNX's own test models. */
const nodeTests = '/usr/share/libonnx-testdata/data'

describe.skipIf(!existsSync(nodeTests) && !process.env['CI'])(
  'the test models of ONNX (libonnx-testdata)',
  () => {
    const models = (group: string): readonly string[] =>
      readdirSync(join(nodeTests, group), { recursive: true, encoding: 'utf8' }).filter(file =>
        file.endsWith('.onnx'),
      )

    test('are there', () => {
      expect(models('.').length).toBeGreaterThan(1000)
    })

    test.each(['node', 'pytorch-converted', 'pytorch-operator', 'simple'])(
      '%s: all come back as they were',
      async group => {
        for (const model of models(group)) {
          const file = join(nodeTests, group, model)
          const graph = await open(file)
          const { bytes, again } = await writeAndRead(graph)
          expectSameStructure(graph, again)
          const none = (): Uint8Array => expect.fail('no external data here')
          expect(canonicalModel(bytes, none), model).toEqual(canonicalModel(readFileSync(file), none))
        }
      },
    )
  },
)
