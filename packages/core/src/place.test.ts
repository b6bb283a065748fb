import { describe, expect, test } from 'vitest'
import { onnx, weights, type Node } from '@damson/graph'
import { namesOf, PlaceMatcher } from './place.ts'

const graph = onnx`
  <ir_version: 8, opset_import: ["" : 17]>
  tied (float[2, 2] x) => (float[2, 2] y, float[2, 2] z)
  <float[2, 2] shared = {1, 0, 0, 1}, float[2, 2] own = {1, 0, 0, 1}>
  {
    ["/model/embed/MatMul"] a = MatMul(x, shared)
    ["/model/head/Gemm"] y = Gemm(a, shared)
    ["/model/head/Add"] z = Add(a, own)
  }`
const [embed, head] = graph.nodes
const weight = (name: string) => {
  const found = weights(graph).find(each => each.name === name)
  if (!found) throw new Error(`no ${name}`)
  return { weight: found }
}
const merged = (origins: readonly string[], name = 'fused'): { node: Node } => {
  if (!embed) throw new Error('no node')
  return { node: { ...embed, name, origins } }
}
const include = (...patterns: string[]) => new PlaceMatcher({ include: patterns })
const exclude = (...patterns: string[]) => new PlaceMatcher({ exclude: patterns })

describe('nodes', () => {
  test('by name, module path and operator', () => {
    for (const pattern of [
      '/model/embed/MatMul',
      'model.embed',
      'model.*',
      'op:MatMul',
      'op:ai.onnx.Mat*',
      'op:*',
    ]) {
      expect(embed && include(pattern).match({ node: embed }), pattern).toBe('yes')
    }
    expect(head && include('op:MatMul').match({ node: head })).toBe('no')
    expect(head && exclude('op:MatMul').match({ node: head })).toBe('yes')
    expect(head && exclude('*head*').match({ node: head })).toBe('no')
  })
  test('of dynamo exports by the module path in their metadata', () => {
    const scopes =
      "['', 'down_blocks.0', 'down_blocks.0.resnets.0', 'down_blocks.0.resnets.0.norm1', 'group_norm']"
    const space =
      ': diffusers.UNet/down_blocks.0: diffusers.Block/down_blocks.0.resnets.0: diffusers.Resnet/group_norm: aten.group_norm.default'
    const node = (metadata: ReadonlyMap<string, string>): Node => ({
      op: 'Add',
      domain: '',
      name: 'node_add_3',
      inputs: [],
      outputs: ['o'],
      attributes: new Map(),
      origins: ['node_add_3'],
      metadata,
    })
    expect(namesOf(node(new Map([['pkg.torch.onnx.name_scopes', scopes]])))).toEqual([
      'node_add_3', '/down_blocks.0/resnets.0/norm1/Add', 'down_blocks.0.resnets.0.norm1',
    ]) // prettier-ignore
    expect(namesOf(node(new Map([['namespace', space]])))).toContain('/down_blocks.0/resnets.0/Add')
  })
  test('of nested bodies behind their path too', () => {
    expect(embed && include('If_0/then_branch/*').match({ node: embed, path: 'If_0/then_branch' })).toBe(
      'yes',
    )
  })
  test('that were merged, only if all their origins match', () => {
    expect(include('/a*').match(merged(['/a/1', '/a/2']))).toBe('yes')
    expect(include('/a*').match(merged(['/a/1', '/b/2'], '/a/1'))).toBe('partial')
    expect(include('/a*', '/b*').match(merged(['/a/1', '/b/2']))).toBe('yes')
    expect(exclude('/a*').match(merged(['/a/1', '/b/2']))).toBe('partial')
    expect(include('/c*').match(merged(['/a/1', '/b/2']))).toBe('no')
    expect(include('fused').match(merged(['/a/1', '/b/2']))).toBe('yes')
  })
})

describe('weights', () => {
  test('by name, else by all their users', () => {
    expect(include('own').match(weight('own'))).toBe('yes')
    expect(include('*head*').match(weight('own'))).toBe('yes')
    expect(include('*head*').match(weight('shared'))).toBe('partial')
    expect(include('*embed*', '*head*').match(weight('shared'))).toBe('yes')
    expect(include('shared').match(weight('shared'))).toBe('yes')
    expect(exclude('op:Gemm').match(weight('shared'))).toBe('partial')
    expect(exclude('shared', 'op:Gemm').match(weight('shared'))).toBe('no')
    expect(include('*nowhere*').match(weight('shared'))).toBe('no')
  })
})

test('patterns that nothing matched are told', () => {
  const matcher = include('*head*', '*tail*')
  for (const node of graph.nodes) matcher.match({ node })
  expect(matcher.unmatched()).toEqual(['*tail*'])
})

test('a part as a whole is cut by any glob', () => {
  const part = { part: { name: 'm', role: 'main', graph, path: 'm.onnx' } } as const
  expect(include('*head*').match(part)).toBe('partial')
  expect(new PlaceMatcher({}).match(part)).toBe('yes')
})
