// What `inspect --rules` says of a model whose norm is not one, and of one whose norm is.
import { modelOf } from '@damson/core'
import { onnx } from '@damson/graph'
import { expect, test } from 'vitest'
import { inspectRules } from '../src/command/inspect-rules.ts'

const norm = (axis: number) =>
  modelOf(onnx`<ir_version: 8, opset_import: ["" : 17]> norm (float[2,3,4] x) => (float[2,3,4] y)
    <float eps = {0.5}, float two = {2}> {
      m = ReduceMean<axes = [-1]>(x)
      d = Sub(x, m)
      q = Pow(d, two)
      v = ReduceMean<axes = ${[axis]}>(q)
      e = Add(v, eps)
      s = Sqrt(e)
      [divide] y = Div(d, s) }`)

test('counts, and the best near-miss of each rule with its reason and place', () => {
  const [found] = inspectRules(norm(-1), 'layer-norm', 'cpu')
  expect(found?.fusions).toMatchObject([{ fusion: 'layer-norm', kind: 'norm', count: 1, nearest: [] }])
  const [missed] = inspectRules(norm(1), 'layer-norm,group-norm', 'cpu')
  expect(missed?.fusions).toMatchObject([
    {
      fusion: 'layer-norm',
      count: 0,
      nearest: [
        {
          rule: 'layer-norm',
          node: 'divide',
          reason: 'is not a mean over the last axes that keeps them',
          at: 'v',
        },
      ],
    },
    { fusion: 'group-norm', count: 0, skipped: expect.stringMatching(/brings nothing on cpu/) },
  ])
})

test('kinds, and names that nobody has', () => {
  const kinds = inspectRules(norm(-1), 'norm', 'cpu')[0]?.fusions.map(({ kind }) => kind)
  expect(new Set(kinds)).toEqual(new Set(['norm']))
  expect(() => inspectRules(norm(-1), 'atention', 'cpu')).toThrow(/got "atention"/)
})
