// Which operator the attentions of real exports become, by what is certain of the model: keys that heads share stay shared where
// an operator runs that. Outputs stay equal with padding in the masks, and the operators come apart again.
import { basename, dirname } from 'node:path'
import {
  digest, fileSource, graphToBytes, isRefusal, pathFolder, readGraph, upgradeOpset, walk, type Graph,
} from '@damson/graph' // prettier-ignore
import { createRuntime, feedsFor } from '@damson/runtime'
import { differences, runOnce } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { holed } from '../../../test/holed-masks.ts'
import { fuseGraph } from '../fuse-graph.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const options = { target: 'cpu', rules: ['rotary', 'attention'], absorb: false }

async function read(file: string): Promise<Graph> {
  return readGraph(await fileSource(file), { folder: pathFolder(dirname(file)), path: basename(file) })
}

const count = (graph: Graph, op: string): number =>
  [...walk(graph)].filter(({ node }) => node.op === op).length

/** Sizes as numbers in the inputs of a graph. */
function frozen(graph: Graph, sizes: Readonly<Record<string, number>>): Graph {
  const inputs = graph.inputs.map(info => {
    if (info.type?.kind !== 'tensor' || !info.type.shape) return info
    const shape = info.type.shape.map(dim => (typeof dim === 'string' ? (sizes[dim] ?? dim) : dim))
    return { ...info, type: { ...info.type, shape } }
  })
  const outputs = graph.outputs.map(({ name, type }) => ({
    name,
    ...(type?.kind === 'tensor' && type.dtype
      ? { type: { kind: 'tensor' as const, dtype: type.dtype } }
      : {}),
  }))
  return graph.with({ inputs, outputs, types: new Map() })
}

/** What becomes of keys that heads share, by what is certain of the model, and of everything written out again. */
const shared: readonly (readonly [path: string, title: string, change: (graph: Graph) => Graph, op: string])[] = [
  ['fixtures/llama-tiny-ts/model.onnx', 'one position at a time', graph => frozen(graph, { sequence_length: 1 }), 'GroupQueryAttention'],
  ['fixtures/gemma3-tiny/model.onnx', 'one position at a time', graph => frozen(graph, { sequence_length: 1 }), 'GroupQueryAttention'],
  ['models/stories260K.onnx', 'operator set 23', graph => upgraded(graph), 'Attention'],
  ['fixtures/qwen3-tiny/model.onnx', 'operator set 23', graph => upgraded(graph), 'Attention'],
  ['fixtures/llama-tiny-dynamo/model.onnx', 'as it is', graph => graph, 'MultiHeadAttention'],
  ['fixtures/whisper-tiny-random/decoder_with_past_model.onnx', 'as it is', graph => graph, 'MultiHeadAttention'],
] // prettier-ignore

function upgraded(graph: Graph, opset = 23): Graph {
  const newer = upgradeOpset(graph, opset)
  if (isRefusal(newer)) throw new Error(newer.refused)
  return newer
}

for (const [path, title, change, op] of shared) {
  zooTest(path, `${title}: ${op}`, async file => {
    const graph = change(await read(file))
    const { graph: fused, counts } = fuseGraph(graph, options)
    expect(count(fused, op)).toBe(counts['attention'])
    const again = fuseGraph(change(await read(file)), options).graph
    expect(digest(await graphToBytes(again))).toBe(digest(await graphToBytes(fused)))
    const feeds = holed(feedsFor(graph, { seed: 12 }))
    const want = await runOnce(runtime, graph, feeds)
    expect(differences(await runOnce(runtime, fused, feeds), want, { atol: 1e-5, rtol: 1e-4 })).toEqual([])
    const rules = ['unfuse-attention', 'unfuse-onnx-attention', 'unfuse-rotary']
    const { graph: written } = fuseGraph(fused, { ...options, rules, direction: 'unfuse' })
    const left = [...walk(written)].map(({ node: { domain, op } }) => `${domain}:${op}`)
    expect(left.filter(name => !name.startsWith(':') || name === ':Attention')).toEqual([])
    expect(differences(await runOnce(runtime, written, feeds), want, { atol: 1e-5, rtol: 1e-4 })).toEqual([])
  })
}
