// Dead code, common nodes, order, names and imports, on graphs small enough to see what happens.
import { describe, expect, test } from 'vitest'
import { DamsonError } from '../error.ts'
import type { Graph } from '../ir.ts'
import { tensorOf } from '../tensors/memory-tensor.ts'
import { onnx } from '../text/template.ts'
import { eliminateCommon } from './eliminate-common.ts'
import { pruneOpsets } from './prune-opsets.ts'
import { removeDead } from './remove-dead.ts'
import { renameValues } from './rename-values.ts'
import { sortTopologically } from './sort-topologically.ts'

const ops = (graph: Graph): string =>
  graph.nodes.map(node => `${node.outputs.join(' ')}=${node.op}`).join(', ')

const w = tensorOf('float32', [2], [1, 2])

describe('removeDead', () => {
  test('takes nodes, weights, notes and functions that lead nowhere, in bodies too', () => {
    const graph = onnx`<ir_version: 8, opset_import: ["": 17, "l": 1]>
      g (bool c, float[2] x, float[2] unused) => (y) <float[2] w = ${w}, float[2] v = ${w}> {
        a = Add(x, v) b = Relu(a)
        y = If(c) <
          then_branch = t () => (p) { p = Relu(x) q = Add(x, w) },
          else_branch = e () => (r) { r = Neg(x) }
        >
      }
      <opset_import: ["": 17], domain: "l"> F(s) => (t) { t = Relu(s) }`
    const clean = removeDead(graph)
    expect(ops(clean)).toBe('y=If')
    expect([...clean.initializers.keys()]).toEqual([])
    expect(clean.header.functions).toEqual([])
    expect(clean.inputs.map(each => each.name)).toEqual(['c', 'x', 'unused'])
    expect(removeDead(clean)).toBe(clean)
  })

  test('keeps what an inner body captures, and the default of an input', () => {
    const graph = onnx`<ir_version: 8, opset_import: ["": 17]>
      g (bool c, float[2] x, float[2] d) => (y) <float[2] d = ${w}> {
        a = Relu(x)
        y = If(c) < then_branch = t () => (p) { p = Neg(a) }, else_branch = e () => (r) { r = Neg(x) } >
      }`
    expect(removeDead(graph)).toBe(graph)
  })
})

describe('eliminateCommon', () => {
  test('merges equal nodes, keeps output names and joins origins', () => {
    const graph = onnx`(float[2] x) => (y, z) {
      a = Relu(x) b = Relu(x) c = Neg(a) y = Neg(b) d = LeakyRelu<alpha = 0.1>(x) e = LeakyRelu<alpha = 0.2>(x)
      z = Sum(c, d, e)
    }`
    const named = graph.with({ nodes: graph.nodes.map((node, at) => ({ ...node, origins: [`n${at}`] })) })
    const merged = eliminateCommon(named)
    expect(ops(merged)).toBe('a=Relu, y=Neg, d=LeakyRelu, e=LeakyRelu, z=Sum')
    expect(merged.nodes[0]?.origins).toEqual(['n0', 'n1'])
    expect(merged.nodes.at(-1)?.inputs).toEqual(['y', 'd', 'e'])
    expect(eliminateCommon(merged)).toBe(merged)
  })

  test('leaves two outputs their names, and random nodes alone', () => {
    const graph = onnx`(float[2] x) => (y, z) {
      y = Relu(x) z = Relu(x) a = RandomNormalLike(x) b = RandomNormalLike(x) c = Dropout(x, r, t) d = Dropout(x, r, t)
    }`
    expect(eliminateCommon(graph)).toBe(graph)
  })

  test('lets an inner body use what the outer one computed', () => {
    const graph = onnx`(bool c, float[2] x) => (y) {
      a = Relu(x)
      b = If(c) <
        then_branch = t () => (q) { p = Relu(x) q = Neg(p) },
        else_branch = e () => (s) { s = Relu(x) }
      >
      y = Add(a, b)
    }`
    const [, branch] = eliminateCommon(graph).nodes
    const bodies = [...(branch?.attributes.values() ?? [])].flatMap(each =>
      each.type === 'graph' ? [each.value] : [],
    )
    expect(bodies.map(body => body.nodes.map(node => `${node.op}(${node.inputs.join()})`))).toEqual([
      ['Neg(a)'],
      ['Relu(x)'],
    ])
  })

  test('compares bodies by structure, not by the names inside', () => {
    const graph = onnx`(bool c, float[2] x) => (y) {
      a = If(c) < then_branch = t () => (p) { p = Relu(x) }, else_branch = e () => (q) { q = Neg(x) } >
      b = If(c) < then_branch = u () => (r) { r = Relu(x) }, else_branch = f () => (s) { s = Neg(x) } >
      d = If(c) < then_branch = v () => (k) { k = Neg(x) }, else_branch = h () => (l) { l = Neg(x) } >
      y = Sum(a, b, d)
    }`
    const merged = eliminateCommon(graph)
    expect(ops(merged)).toBe('a=If, d=If, y=Sum')
    expect(merged.nodes.at(-1)?.inputs).toEqual(['a', 'a', 'd'])
  })
})

describe('order, names and imports', () => {
  test('sortTopologically puts producers first and names a cycle', () => {
    const graph = onnx`(float[2] x) => (y) { a = Relu(x) y = Neg(a) }`
    const turned = graph.with({ nodes: [...graph.nodes].reverse() })
    expect(ops(sortTopologically(turned))).toBe('a=Relu, y=Neg')
    expect(sortTopologically(graph)).toBe(graph)
    const cycle = onnx`(float[2] x) => (y) { a = Add(x, b) b = Relu(a) y = Neg(b) }`
    expect(() => sortTopologically(cycle)).toThrow(/need each other/)
  })

  test('renameValues renames everywhere, and refuses to give two values one name', () => {
    const graph = onnx`(bool c, float[2] x) => (y) <float[2] w = ${w}> {
      y = If(c) < then_branch = t () => (p) { p = Add(x, w) }, else_branch = e () => (q) { q = Neg(x) } >
    }`
    const renamed = renameValues(graph, new Map([['x', 'input'], ['w', 'weight'], ['y', 'out']])) // prettier-ignore
    expect(renamed.inputs[1]?.name).toBe('input')
    expect([...renamed.initializers.values()].map(each => each.name)).toEqual(['weight'])
    expect(
      [...(renamed.nodes[0]?.attributes.values() ?? [])].flatMap(each =>
        each.type === 'graph' ? each.value.nodes[0]?.inputs : [],
      ),
    ).toEqual(['input', 'weight', 'input'])
    expect(renamed.outputs[0]?.name).toBe('out')
    const clash = (): Graph => renameValues(graph, new Map([['x', 'w']]))
    expect(clash).toThrow(DamsonError)
    expect(clash).toThrow(/"w"/)
  })

  test('pruneOpsets keeps ONNX and what is used, in functions too', () => {
    const graph = onnx`<ir_version: 8, opset_import: ["": 17, "com.microsoft": 1, "l": 1, "gone": 3]>
      g (float[2] x) => (y) { y = l.F(x) }
      <opset_import: ["": 17, "com.microsoft": 1], domain: "l"> F(s) => (t) { t = com.microsoft.Gelu(s) }`
    expect([...pruneOpsets(graph).header.opsets.keys()]).toEqual(['', 'com.microsoft', 'l'])
    expect(pruneOpsets(pruneOpsets(graph))).toEqual(pruneOpsets(graph))
  })
})
