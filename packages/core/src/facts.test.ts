import { describe, expect, test } from 'vitest'
import { onnx, parse, walk, weights, type Graph } from '@damson/graph'
import { facts, factTable, implied, implying, type Fact } from './facts.ts'
import type { Model, Part } from './model.ts'
import { modelOf } from './model-value.ts'

const graph = onnx`
  <ir_version: 10, opset_import: ["" : 21, "com.microsoft": 1]>
  mixed (float[1, 4] x, bool flag) => (float[1, 4] y)
  <float[4, 4] plain = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1},
   float16[4] small = {1, 1, 1, 1}, uint8[4, 1, 2] codes = {1, 2, 3, 4, 5, 6, 7, 8}, float[4] scales = {1, 1, 1, 1},
   int8[4] linear = {1, 2, 3, 4}, float step = {0.5}, int64[2] shape = {1, 4}>
  {
    [mm] a = MatMul(x, plain)
    [nbits] b = com.microsoft.MatMulNBits<K = 4, N = 4, bits = 4, block_size = 4>(a, codes, scales)
    [cast] c = Cast<to = 1>(small)
    [dq] d = DequantizeLinear(linear, step)
    [sum] e = Sum(b, c, d)
    [branch] f = If(flag) <
      then_branch = then_graph () => (float[1, 4] g) { [inner] g = Relu(e) },
      else_branch = else_graph () => (float[1, 4] h) { [other] h = Identity(e) }>
    [reshape] y = Reshape(f, shape)
  }`
const partOf = (of: Graph, role: Part['role'] = 'main'): Part => modelOf(of, { role }).part('model')

function atWeights(fact: keyof typeof facts): Record<string, boolean | undefined> {
  const part = partOf(graph)
  return Object.fromEntries(
    weights(graph).map(weight => [weight.name, facts[fact].probe?.({ weight }, part)]),
  )
}
function atNodes(fact: keyof typeof facts): Record<string, boolean | undefined> {
  const part = partOf(graph)
  return Object.fromEntries(
    [...walk(graph)].map(({ node, scope }) => [
      node.name,
      facts[fact].probe?.({ node, path: scope.path }, part),
    ]),
  )
}

describe('probes', () => {
  test('weight:float leaves scales out', () => {
    expect(atWeights('weight:float')).toEqual({
      plain: true,
      small: true,
      codes: false,
      scales: undefined,
      linear: false,
      step: undefined,
      shape: false,
    })
  })
  test.each([
    'codes = MatMulInteger(q, turned, z, zero)',
    'codes = com.microsoft.MatMulIntegerToFloat(q, turned, s, scale, z, zero)',
    'codes = com.microsoft.DynamicQuantizeMatMul(x, turned, scale, zero)',
  ])('weight:coded holds for a table that is turned for %s', product => {
    const tied = parse(`<ir_version: 10, opset_import: ["" : 21, "com.microsoft": 1]>
      tied (int64[n] ids, float[n, 2] x) => (float[n, 2] rows, float[n, 3] codes)
      <uint8[3, 2] table = {1, 2, 3, 4, 5, 6}, float[3] scale = {1, 1, 1}, uint8[3] zero = {0, 0, 0}, float one = {1}>
      { looked = Gather(table, ids)  rows = DequantizeLinear(looked, one)
        q, s, z = DynamicQuantizeLinear(x)  turned = Transpose<perm = [1, 0]>(table)  ${product} }`)
    const part = partOf(tied)
    const table = weights(tied).find(({ name }) => name === 'table')
    expect(table && facts['weight:coded'].probe?.({ weight: table }, part)).toBe(true)
  })
  test('weight:float32', () => {
    expect(atWeights('weight:float32')).toMatchObject({
      plain: true,
      small: false,
      codes: false,
      scales: undefined,
    })
  })
  test('weight:coded is what an operator reads with scales', () => {
    expect(atWeights('weight:coded')).toEqual({
      plain: false,
      small: false,
      codes: true,
      scales: undefined,
      linear: true,
      step: undefined,
      shape: false,
    })
  })
  test('op:plain', () => {
    expect(atNodes('op:plain')).toMatchObject({ mm: true, nbits: false, dq: false, sum: true, inner: true })
  })
  test('run:always is disproved by a branch and never proved by a graph', () => {
    expect(atNodes('run:always')).toMatchObject({
      mm: undefined,
      branch: undefined,
      inner: false,
      other: false,
    })
  })
  test('shape:static and loops', () => {
    const dynamic = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[N, 4] x) => (float[N, 4] y) { y = Relu(x) }`
    const at = (fact: keyof typeof facts, part: Part) => facts[fact].probe?.({ part }, part)
    expect(at('shape:static', partOf(graph))).toBe(true)
    expect(at('shape:static', partOf(dynamic))).toBe(false)
    expect(at('loop:denoise', partOf(graph, 'denoiser'))).toBe(true)
    expect(at('loop:decode', partOf(graph, 'denoiser'))).toBe(false)
  })
  test('io:source ends where a port or another input is added', () => {
    const model = modelOf(graph)
    const read: Part = { ...model.part('model'), file: { graph, files: new Map() } }
    const at = (part: Part, of?: Model) => facts['io:source'].probe?.({ part }, part, of)
    const more = graph.with({ inputs: [...graph.inputs, { name: 'more' }] })
    expect(at(read)).toBe(true)
    expect(at({ ...read, graph: more })).toBe(false)
    expect(at(model.part('model'))).toBeUndefined()
    const port = { part: 'model', step: 's', name: 'more', direction: 'input', role: 'r' } as const
    expect(at(read, model.withPorts([port]))).toBe(false)
    expect(at(model.part('model'), model)).toBe(true)
  })
})

describe('implications', () => {
  test('fp32 is float; who takes float takes fp32', () => {
    const table = factTable()
    expect(implied(table, 'weight:float32')).toEqual(['weight:float32', 'weight:float'])
    expect(implying(table, 'weight:float')).toEqual(['weight:float', 'weight:float32'])
    expect(implying(table, 'weight:float32')).toEqual(['weight:float32'])
  })
  test('every fact has a sentence, and what it implies exists', () => {
    for (const [name, { sentence, implies = [] }] of Object.entries(facts)) {
      expect(sentence, name).toMatch(/^(the|every) /)
      for (const fact of implies satisfies readonly Fact[]) expect(Object.keys(facts)).toContain(fact)
    }
  })
})
