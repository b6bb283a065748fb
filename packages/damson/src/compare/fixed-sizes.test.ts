import { onnx } from '@damson/graph'
import { feedsFor } from '@damson/runtime'
import { expect, test } from 'vitest'
import { withFixedSizes } from './fixed-sizes.ts'

test('inputs made up for an open graph fit one with fixed sizes: by name, in expressions, and where there is no name', () => {
  const open = onnx`<ir_version: 8, opset_import: ["" : 17]>
    g (float[batch,sequence] x, float[?,8] cache, float["past + sequence"] mask) => (float[?] y) { y = Relu(mask) }`
  const fixed = onnx`<ir_version: 8, opset_import: ["" : 17]>
    g (float[batch,5] x, float[7,8] cache, float["past + 5"] mask) => (float[?] y) { y = Relu(mask) }`
  const shapes = (changed: typeof open): readonly (readonly number[])[] => {
    const { graph, dims } = withFixedSizes(open, changed)
    return Object.values(feedsFor(graph, { dims: { batch: 1, past: 3, ...dims } })).map(({ shape }) => shape)
  }
  expect(shapes(fixed)).toEqual([[1, 5], [7, 8], [8]]) // prettier-ignore
  expect(withFixedSizes(open, open).dims).toEqual({})
})
