// What `inspect --rules` says of a model whose norm is not one, and of one whose norm is.
import { modelOf } from '@damson/core'
import { onnx } from '@damson/graph'
import { expect, test } from 'vitest'
import { inspectRules, printRules } from '../src/command/inspect-rules.ts'
import { memoryTerminal } from '../src/command/terminal.ts'

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
    {
      fusion: 'group-norm',
      count: 0,
      nearest: [{ rule: 'group-norm', reason: 'expected Mul, got ReduceMean' }],
    },
  ])
})

test('one that the target has no use for is not tried, unless it is named; beginnings alone are not near', () => {
  const all = inspectRules(norm(1), 'all', 'cpu')[0]?.fusions ?? []
  const skipped = all.find(({ fusion }) => fusion === 'group-norm')?.skipped
  expect(skipped).toBe('not tried: nothing gained on cpu (rules=group-norm tries it)')
  expect(all.find(({ fusion }) => fusion === 'embedding-norm')?.skipped).toMatch(/absorb=true tries it/)
  expect(all.flatMap(({ nearest }) => nearest.map(({ rule }) => rule))).toEqual(['layer-norm', 'rms-norm'])
})

test('what is printed says what to fuse, for which target, and what stood in the way', () => {
  const terminal = memoryTerminal('.')
  printRules(norm(1), 'layer-norm,attention', { target: 'cpu' }, terminal)
  expect(terminal.printed.out.trimEnd().split('\n')).toEqual([
    'model  nothing to fuse for cpu',
    '  fusion      kind       count',
    '  layer-norm  norm           0',
    '  attention   attention      0  nothing comes near',
    '',
    'Nearest to what is left:',
    '  rule        at      what stood in the way',
    '  layer-norm  divide  v: is not a mean over the last axes that keeps them',
  ])
})

test('kinds, and names that nobody has', () => {
  const kinds = inspectRules(norm(-1), 'norm', 'cpu')[0]?.fusions.map(({ kind }) => kind)
  expect(new Set(kinds)).toEqual(new Set(['norm']))
  expect(() => inspectRules(norm(-1), 'atention', 'cpu')).toThrow(/got "atention"/)
})
