// A pipeline of three tiny parts whose node names are those of a TorchScript export.
import { onnx, parse, type Graph } from '@damson/graph'
import { createModel, type Model, type Part } from '../src/index.ts'

/** Two blocks of norm scale, two linears on it, and an Add; then a head. */
export const unet: Graph = onnx`
  <ir_version: 8, opset_import: ["" : 17, "com.microsoft": 1]>
  unet (float[1, 4] sample, int64[1] timestep) => (float[1, 4] out)
  <float[4] n0 = {1, 1, 1, 1}, float[4, 4] "q0.weight" = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1},
   float[4, 4] "k0.weight" = {2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2},
   float[4] n1 = {1, 1, 1, 1}, float[4, 4] "q1.weight" = {3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 3},
   float[4, 4] "k1.weight" = {4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4}>
  {
    ["/down_blocks.0/norm/Mul"] a0 = Mul(sample, n0)
    ["/down_blocks.0/to_q/MatMul"] q0 = MatMul(a0, "q0.weight")
    ["/down_blocks.0/to_k/MatMul"] k0 = MatMul(a0, "k0.weight")
    ["/down_blocks.0/Add"] b0 = Add(q0, k0)
    ["/up_blocks.0/norm/Mul"] a1 = Mul(b0, n1)
    ["/up_blocks.0/to_q/MatMul"] q1 = MatMul(a1, "q1.weight")
    ["/up_blocks.0/to_k/MatMul"] k1 = MatMul(a1, "k1.weight")
    ["/up_blocks.0/Add"] out = Add(q1, k1)
  }`

/** One linear behind a lookup. */
export const textEncoder: Graph = onnx`
  <ir_version: 8, opset_import: ["" : 17, "com.microsoft": 1]>
  encoder (float[1, 2] ids) => (float[1, 2] state)
  <float[2, 2] "fc.weight" = {1, 0, 0, 1}>
  { ["/text/fc/MatMul"] state = MatMul(ids, "fc.weight") }`

/** No weight at all. */
export const decoder: Graph = onnx`
  <ir_version: 8, opset_import: ["" : 17]>
  decoder (float[N, 4] latent) => (float[N, 4] picture)
  { ["/vae/Relu"] picture = Relu(latent) }`

export function pipeline(): Model {
  const part = (name: string, role: Part['role'], graph: Graph): [string, Part] => [
    name,
    { name, role, graph, path: `${name}/model.onnx` },
  ]
  return createModel({
    parts: new Map([
      part('text_encoder', 'text-encoder', textEncoder),
      part('unet', 'denoiser', unet),
      part('vae_decoder', 'image-decoder', decoder),
    ]),
    layout: 'folder',
    files: new Map(),
    applied: [],
    ports: [],
    replays: [],
    identity: { name: 'pipeline' },
  })
}

/** A chain of `count` linears, 3,000 nodes and more: what planning has to bear. */
export function longChain(count: number): Graph {
  const layer = (at: number): string =>
    `["/blocks.${at}/fc/MatMul"] m${at} = MatMul(x${at}, w${at})\n` +
    `["/blocks.${at}/Add"] s${at} = Add(m${at}, b${at})\n["/blocks.${at}/Relu"] x${at + 1} = Relu(s${at})`
  const at = Array.from({ length: count }, (_, index) => index)
  const tensors = at.map(index => `float[2, 2] w${index} = {1, 0, 0, 1}, float[2] b${index} = {0, 1}`)
  return parse(
    `<ir_version: 8, opset_import: ["" : 17]>\nchain (float[1, 2] x0) => (float[1, 2] x${count})\n<${tensors.join(', ')}>\n{ ${at.map(layer).join('\n')} }`,
  )
}
