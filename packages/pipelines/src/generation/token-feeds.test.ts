// Inputs by name: what a part is fed at the second call of two rows, one of which was filled up.
import { onnx } from '@damson/graph'
import { expect, test } from 'vitest'
import { modelOf } from '../../test/fake-decoders.ts'
import { tokenFeeds } from './token-feeds.ts'

const graph = onnx`<ir_version: 8, opset_import: ["" : 17]>
  g (int64[b,s] input_ids, int32[b,t] attention_mask, int64[b,s] position_ids, int64[s] cache_position, bool[1] use_cache_branch,
     int32[b] seqlens_k, int32 total_sequence_length, int64[1] past_sequence_length, float16[b,2,p,4] ${'past_key_values.0.key'}, float[b,3] states)
    => (float[b,3] logits) { logits = Identity(states) }`

const states = { dtype: 'float32', shape: [2, 3], data: new Float32Array(6) } as const
const kept = { dtype: 'float16', shape: [2, 2, 3, 4], data: new Uint16Array(48) } as const

test('each input gets what its name means, in its type', async () => {
  const part = (await modelOf({ 'model.onnx': graph })).part('model')
  const feeds = tokenFeeds({
    part,
    ids: [[7], [8]],
    mask: [
      [1, 1, 1, 1],
      [0, 0, 1, 1],
    ],
    cache: { 'past_key_values.0.key': kept },
    beside: { states },
  })
  expect(feeds).toEqual({
    input_ids: { dtype: 'int64', shape: [2, 1], data: BigInt64Array.of(7n, 8n) },
    attention_mask: { dtype: 'int32', shape: [2, 4], data: Int32Array.of(1, 1, 1, 1, 0, 0, 1, 1) },
    position_ids: { dtype: 'int64', shape: [2, 1], data: BigInt64Array.of(3n, 1n) },
    cache_position: { dtype: 'int64', shape: [1], data: BigInt64Array.of(3n) },
    use_cache_branch: { dtype: 'bool', shape: [1], data: Uint8Array.of(1) },
    seqlens_k: { dtype: 'int32', shape: [2], data: Int32Array.of(3, 3) },
    total_sequence_length: { dtype: 'int32', shape: [], data: Int32Array.of(4) },
    past_sequence_length: { dtype: 'int64', shape: [1], data: BigInt64Array.of(3n) },
    'past_key_values.0.key': kept,
    states,
  })
  expect(feeds['past_key_values.0.key']).toBe(kept)
  const first = tokenFeeds({ part, ids: [[7]], mask: [[1]], cache: {}, beside: { states } })
  expect(first['past_key_values.0.key']).toEqual({
    dtype: 'float16',
    shape: [1, 2, 0, 4],
    data: new Uint16Array(0),
  })
  expect(first['use_cache_branch']?.data).toEqual(Uint8Array.of(0))
})

test('inputs of unknown meaning, and caches of fixed length, are refused', async () => {
  const call = { ids: [[7]], mask: [[1]], cache: {}, beside: {} }
  const strange = onnx`<ir_version: 8, opset_import: ["" : 17]> g (int64[b,s] input_ids, float[b,3] states) => (float[b,3] logits) { logits = Identity(states) }`
  const part = (await modelOf({ 'model.onnx': strange })).part('model')
  expect(() => tokenFeeds({ ...call, part })).toThrow(/Input "states" of model: expected one of input_ids/)
  const fixed = onnx`<ir_version: 8, opset_import: ["" : 17]>
    g (int64[b,s] input_ids, float[1,2,64,4] ${'past_key_values.0.key'}) => (float[1,2,64,4] logits) { logits = Identity(${'past_key_values.0.key'}) }`
  const other = (await modelOf({ 'model.onnx': fixed })).part('model')
  expect(() => tokenFeeds({ ...call, part: other })).toThrow(
    /a cache that grows, got one of fixed shape \[1, 2, 64, 4\]/,
  )
})
