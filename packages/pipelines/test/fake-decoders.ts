// Decoders small enough that their next token is known: scores are a row of a table, chosen by the last token or by the sum of
// all, in the layouts that exports have.
import { load, type Model } from '@damson/core'
import { graphToBytes, memoryFolder, onnx, tensorOf, type Graph, type Tensor } from '@damson/graph'
import { normalNoise } from '../src/noise/normal-noise.ts'

export const tokens = 8

/** Scores of what follows, a row for each token or sum. */
export const scores = normalNoise(tokens * tokens, { seed: 5 }).map(value => value * 1.5)

const table: Tensor = tensorOf('float32', [tokens, tokens], [...scores])

/** Keeps no cache: the last token decides. */
export const bigram: Graph = onnx`<ir_version: 8, opset_import: ["" : 17]>
  g (int64[b,s] input_ids) => (float[b,s,8] logits) <float[8,8] table = ${table}> { logits = Gather(table, input_ids) }`

const past = 'past_key_values.0.key'
const present = 'present.0.key'

/** The sum of all tokens decides; the cache keeps them. */
const merged: Graph = onnx`<ir_version: 8, opset_import: ["" : 17]>
  g (int64[b,s] input_ids, float[b,1,p,1] ${past}, bool[1] use_cache_branch) => (float[b,1,8] logits, float[b,1,t,1] ${present})
  <float[8,8] table = ${table}, int64[2] outer = {1, 3}, int64[3] inner = {1, 2, 3}, int64[1] one = {1}, int64 eight = {8}>
  {
    f = Cast<to = 1>(input_ids)
    u = Unsqueeze(f, outer)
    ${present} = If (use_cache_branch) <
      then_branch = yes () => (float[b,1,t,1] all) { all = Concat<axis = 2>(${past}, u) },
      else_branch = no () => (float[b,1,t,1] own) { own = Identity(u) }
    >
    sum = ReduceSum<keepdims = 0>(${present}, inner)
    whole = Cast<to = 7>(sum)
    row = Mod(whole, eight)
    chosen = Gather(table, row)
    logits = Unsqueeze(chosen, one)
  }`

const firstOfPair: Graph = onnx`<ir_version: 8, opset_import: ["" : 17]>
  g (int64[b,s] input_ids) => (float[b,1,8] logits, float[b,1,s,1] ${present})
  <float[8,8] table = ${table}, int64[2] outer = {1, 3}, int64[3] inner = {1, 2, 3}, int64[1] one = {1}, int64 eight = {8}>
  {
    f = Cast<to = 1>(input_ids)
    ${present} = Unsqueeze(f, outer)
    sum = ReduceSum<keepdims = 0>(${present}, inner)
    whole = Cast<to = 7>(sum)
    row = Mod(whole, eight)
    chosen = Gather(table, row)
    logits = Unsqueeze(chosen, one)
  }`

/** Takes one position at a time. */
const single: Graph = onnx`<ir_version: 8, opset_import: ["" : 17]>
  g (int64[b,1] input_ids, float[b,1,p,1] ${past}) => (float[b,1,8] logits, float[b,1,t,1] ${present})
  <float[8,8] table = ${table}, int64[2] outer = {1, 3}, int64[3] inner = {1, 2, 3}, int64[1] one = {1}, int64 eight = {8}>
  {
    f = Cast<to = 1>(input_ids)
    u = Unsqueeze(f, outer)
    ${present} = Concat<axis = 2>(${past}, u)
    sum = ReduceSum<keepdims = 0>(${present}, inner)
    whole = Cast<to = 7>(sum)
    row = Mod(whole, eight)
    chosen = Gather(table, row)
    logits = Unsqueeze(chosen, one)
  }`

const vectors = tensorOf('float32', [tokens, 8], [...normalNoise(tokens * 8, { seed: 6 })])
const key = 'past_key_values.0.key'
const value = 'past_key_values.0.value'

/** Attention that takes the number of keys of each row, as exports for ONNX Runtime's generation have it. */
export const groupQuery: Graph = onnx`<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1]>
  g (int64[b,s] input_ids, int64[b,t] attention_mask, float[b,1,p,8] ${key}, float[b,1,p,8] ${value})
    => (float[b,s,8] logits, float[b,1,t,8] "present.0.key", float[b,1,t,8] "present.0.value")
  <float[8,8] vectors = ${vectors}, float[8,8] table = ${table}, int64[1] one = {1}, int64 at = {1}>
  {
    x = Gather(vectors, input_ids)
    count = ReduceSum<keepdims = 0>(attention_mask, one)
    less = Sub(count, one)
    seen = Cast<to = 6>(less)
    sizes = Shape(attention_mask)
    size = Gather(sizes, at)
    total = Cast<to = 6>(size)
    a, "present.0.key", "present.0.value" = com.microsoft.GroupQueryAttention<num_heads = 1, kv_num_heads = 1>(x, x, x, ${key}, ${value}, seen, total)
    logits = MatMul(a, table)
  }`

export const layouts = {
  'one merged graph': { 'decoder_model_merged.onnx': merged },
  'a pair of graphs': { 'decoder_model.onnx': firstOfPair, 'decoder_with_past_model.onnx': single },
  'a graph of one position': { 'model.onnx': single },
} as const

export async function modelOf(
  graphs: Readonly<Record<string, Graph>>,
  files: Readonly<Record<string, unknown>> = {},
): Promise<Model> {
  const parts = Object.entries(graphs).map(
    async ([name, graph]) => [name, await graphToBytes(graph)] as const,
  )
  const others = Object.entries(files).map(
    ([name, json]) => [name, new TextEncoder().encode(JSON.stringify(json))] as const,
  )
  return load(memoryFolder(new Map([...(await Promise.all(parts)), ...others])))
}
