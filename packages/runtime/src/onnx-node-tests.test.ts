// The node tests of ONNX itself (Debian's libonnx-testdata): every model that ONNX Runtime runs gives the same bits after it was
// written, and after it was printed, and read back. Skipped where the package is not installed; required in CI.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Feeds, TensorData } from '@damson/core'
import { graphToBytes, parse, parseGraph, print, tensorsOf, toTypedArray, type Graph } from '@damson/graph'
import { GraphProtoSchema, ModelProtoSchema, TensorProtoSchema } from 'onnx-buf'
import { afterAll, expect, test } from 'vitest'
import { nothingStays } from './engine/engine.ts'
import { lazyEngine } from './engine/lazy-engine.ts'
import { ortEngine } from './engine/ort-engine.ts'
import { loadOrt } from './load-ort.node.ts'
import { checkOpenable } from './session/guard-graph.ts'

const root = '/usr/share/libonnx-testdata/data'
const present = existsSync(root)
const engine = lazyEngine(async () => ortEngine(await loadOrt({ module: 'node' })))
afterAll(() => engine.close())

/** Folders with a model.onnx. */
function folders(): readonly string[] {
  return readdirSync(root).flatMap(kind =>
    readdirSync(join(root, kind))
      .map(name => join(root, kind, name))
      .filter(folder => existsSync(join(folder, 'model.onnx'))),
  )
}

/** The first data set of a test as feeds; undefined when it has inputs that are not tensors. */
async function feedsOf(folder: string, graph: Graph): Promise<Feeds | undefined> {
  const feeds: Record<string, TensorData> = {}
  for (const [index, { name }] of graph.requiredInputs().entries()) {
    const file = join(folder, 'test_data_set_0', `input_${index}.pb`)
    if (!existsSync(file)) return undefined
    const tensor = tensorIn(readFileSync(file))
    if (!tensor) return undefined
    const { dtype, shape, strings = [] } = tensor
    feeds[name] =
      dtype === 'string'
        ? { dtype, shape, data: strings }
        : { dtype, shape, data: await toTypedArray(tensor) }
  }
  return feeds
}

/** Reads a tensor file with damson's own reader, by way of a model that holds it. */
function tensorIn(bytes: Uint8Array) {
  try {
    const initializer = [{ ...fromBinary(TensorProtoSchema, bytes), name: 'x' }]
    const graph = create(GraphProtoSchema, { name: 'g', initializer })
    const model = create(ModelProtoSchema, { irVersion: 8n, opsetImport: [{ version: 15n }], graph })
    return parseGraph(toBinary(ModelProtoSchema, model)).initializers.get('x')?.tensor
  } catch {
    return undefined
  }
}

let count = 0
async function outputsOf(bytes: Uint8Array, feeds: Feeds): Promise<unknown> {
  const id = ++count
  const options = { logSeverityLevel: 4, intraOpNumThreads: 1, graphOptimizationLevel: 'disabled' }
  await engine.open(id, { kind: 'bytes', bytes, external: [] }, options)
  try {
    return (await engine.run(id, { feeds, ...nothingStays })).outputs
  } finally {
    await engine.release(id)
  }
}

/** What ONNX Runtime gives for the original; undefined where it does not run it, or never gives the same twice. */
async function original(bytes: Uint8Array, feeds: Feeds): Promise<unknown> {
  try {
    const outputs = await outputsOf(bytes, feeds)
    return String(JSON.stringify(outputs, text)) ===
      String(JSON.stringify(await outputsOf(bytes, feeds), text))
      ? outputs
      : undefined
  } catch {
    return undefined
  }
}
const text = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}` : value)

function opens(graph: Graph): boolean {
  try {
    checkOpenable(graph)
    return true
  } catch {
    return false
  }
}

test.skipIf(!present && process.env['CI'] !== 'true')(
  'the node tests of ONNX give the same bits',
  { timeout: 300_000 },
  async () => {
    let compared = 0
    for (const folder of folders()) {
      const bytes = new Uint8Array(readFileSync(join(folder, 'model.onnx')))
      const graph = parseGraph(bytes)
      const feeds = opens(graph) ? await feedsOf(folder, graph) : undefined
      const outputs = feeds && (await original(bytes, feeds))
      if (!feeds || outputs === undefined) continue
      expect(await outputsOf(await graphToBytes(graph), feeds), folder).toEqual(outputs)
      const printed = parse(print(graph, { tensors: 'all' }), { tensors: tensorsOf(graph) })
      expect(await outputsOf(await graphToBytes(printed), feeds), `${folder}, printed`).toEqual(outputs)
      compared++
    }
    // 1,072 models; the rest has sequences, types or operators that ONNX Runtime does not take.
    expect(compared).toBeGreaterThan(900)
  },
)
