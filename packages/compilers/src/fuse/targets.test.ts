// What is emitted for a target is what its runtime has kernels for.
import { basename, dirname } from 'node:path'
import { cpuKernelsOf, fileSource, pathFolder, readGraph, walk, type Graph } from '@damson/graph'
import { zooTest } from '@damson/zoo/vitest'
import { expect } from 'vitest'
import { fuseGraph } from './fuse-graph.ts'

/** Kernels of com.microsoft in the WebGPU provider. Source: ONNX Runtime, contrib_ops/webgpu/webgpu_contrib_kernels.cc. */
const webgpu: ReadonlySet<string> = new Set([
  'Attention', 'BiasAdd', 'BiasGelu', 'BiasSplitGelu', 'FastGelu', 'FusedConv', 'Gelu', 'GroupQueryAttention', 'MatMulNBits',
  'MultiHeadAttention', 'QuickGelu', 'RotaryEmbedding', 'SkipLayerNormalization', 'SkipSimplifiedLayerNormalization',
]) // prettier-ignore

const contrib = (graph: Graph): readonly string[] => [
  ...new Set([...walk(graph)].flatMap(({ node: { domain, op } }) => (domain === '' ? [] : [op]))),
]

const withFloatKernel = (op: string): boolean =>
  cpuKernelsOf('com.microsoft', op, 1).some(({ types }) =>
    [...types.values()].some(all => all.includes('tensor(float)')),
  )

for (const path of [
  'fixtures/bert-tiny-ts/model.onnx',
  'fixtures/llama-tiny-dynamo/model.onnx',
  'fixtures/sd15-tiny-ts/text_encoder/model.onnx',
  'fixtures/t5-tiny/encoder_model.onnx',
]) {
  zooTest(path, 'operators of ONNX Runtime have kernels on each target', async file => {
    const folder = pathFolder(dirname(file))
    const graph = await readGraph(await fileSource(file), { folder, path: basename(file) })
    const made = (target: string, absorb = false): readonly string[] =>
      contrib(fuseGraph(graph, { target, rules: 'all', absorb }).graph)
    expect(made('cpu').length).toBeGreaterThan(1)
    expect(made('wasm')).toEqual(made('cpu'))
    expect([...made('cpu'), ...made('cpu', true)].filter(op => !withFloatKernel(op))).toEqual([])
    expect([...made('webgpu'), ...made('webgpu', true)].filter(op => !webgpu.has(op))).toEqual([])
  })
}
