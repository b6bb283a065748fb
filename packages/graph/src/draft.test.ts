import { describe, expect, test } from 'vitest'
import { assertValid } from './check/check.ts'
import { Draft } from './draft.ts'
import type { Body } from './ir.ts'
import { Graph, type Node } from './ir.ts'
import { innerScopes, scopeOf } from './scope.ts'
import { parse } from './text/parse.ts'
import { print } from './text/print.ts'
import { onnx } from './text/template.ts'

const text = (body: Body): string => print(body, { header: false }).replace(/^graph .*\{\n|\n\}\n$/g, '')
const nodeOf = (draft: Draft, output: string): Node => {
  const node = draft.producer(output)
  if (!node) throw new Error(`no node makes ${output}`)
  return node
}

describe('redirect', () => {
  test('users follow, and the node in between can go', () => {
    const draft = new Draft(onnx`(float[2] x) => (float[2] y) { a = Abs(x) b = Identity(a) y = Add(b, b) }`)
    draft.redirect('b', 'a')
    draft.remove(nodeOf(draft, 'b'))
    expect(text(draft.finish())).toBe('  a = Abs(x)\n  y = Add(a, a)')
  })

  test('only chosen uses', () => {
    const draft = new Draft(onnx`(float[2] x) => (float[2] y) { a = Abs(x) y = Add(x, x) }`)
    draft.redirect('x', 'a', use => use.node.op === 'Add' && use.input === 1)
    expect(text(draft.finish())).toBe('  a = Abs(x)\n  y = Add(x, a)')
  })

  test('a graph output keeps its name: the new producer takes it over, in every user', () => {
    const draft = new Draft(onnx`(float[2] x) => (float[2] y, float[2] z) {
      a = Abs(x) z = Neg(a) y = Identity(a) }`)
    const identity = nodeOf(draft, 'y')
    draft.redirect('y', 'a')
    draft.remove(identity)
    const graph = draft.finish()
    expect(text(graph)).toBe('  y = Abs(x)\n  z = Neg(y)')
    assertValid(asGraph(graph))
  })

  test('an Identity carries the name where the new value has to keep its own', () => {
    for (const to of ['z', 'x', 'w']) {
      const draft = new Draft(onnx`(float[2] x) => (float[2] y, float[2] z) <float[2] w = {1, 2}> {
        z = Abs(x) y = Neg(z) }`)
      const neg = nodeOf(draft, 'y')
      draft.redirect('y', to)
      draft.remove(neg)
      expect(text(draft.finish())).toContain(`y = Identity(${to})`)
    }
  })

  test('two outputs of one node', () => {
    const draft = new Draft(onnx`(float[4] x) => (float[2] a) { a, b = Split<axis = 0, num_outputs = 2>(x) }`)
    draft.redirect('a', 'b')
    expect(text(draft.finish())).toContain('a_before, a = Split')
  })

  test('an initializer that is an output gives way', () => {
    const draft = new Draft(onnx`(float[2] x) => (float[2] w) <float[2] w = {1, 2}> { a = Abs(x) }`)
    draft.redirect('w', 'a')
    const graph = draft.finish()
    expect(text(graph)).toBe('  w = Abs(x)')
    expect(graph.initializers.size).toBe(0)
  })

  test('an output that is an input cannot be carried', () => {
    const draft = new Draft(onnx`(float[2] x) => (float[2] x) { a = Abs(x) }`)
    expect(() => draft.redirect('x', 'a')).toThrow('"x" is a graph input too')
  })

  test('to itself changes nothing', () => {
    const graph = onnx`(float[2] x) => (float[2] y) { y = Abs(x) }`
    const draft = new Draft(graph)
    draft.redirect('y', 'y')
    expect(text(draft.finish())).toBe(text(graph))
  })

  const nested = onnx`(float[2] x, bool c) => (float[2] y) {
    a = Abs(x)
    b = Neg(x)
    [if] y = If(c) <
      then_branch: graph = yes () => (float[2] r) {
        [inner] r = If(c) <
          then_branch: graph = yes2 () => (float[2] s) { s = Relu(a) },
          else_branch: graph = no2 () => (float[2] a) { a = Neg(b) }> },
      else_branch: graph = no () => (float[2] t) { t = Add(a, a) }>
  }`

  test('captures of nested bodies follow at any depth; a name they define themselves does not', () => {
    const draft = new Draft(nested)
    expect(draft.users('a').map(use => use.node.name)).toEqual(['if'])
    draft.redirect('a', 'b')
    const printed = text(draft.finish())
    expect(printed).toContain('s = Relu(b)')
    expect(printed).toContain('t = Add(b, b)')
    expect(printed).toContain('a = Neg(b)')
  })

  test('a name that a nested body defines itself is refused instead of changing its meaning', () => {
    const graph = onnx`(float[2] x, bool c) => (float[2] y) {
      a = Abs(x)
      b = Neg(x)
      y = If(c) <
        then_branch: graph = yes () => (float[2] b) { b = Relu(a) },
        else_branch: graph = no () => (float[2] t) { t = Relu(x) }>
    }`
    expect(() => new Draft(graph).redirect('a', 'b')).toThrow('Expected "b" to mean the same inside')
  })
})

describe('nodes', () => {
  test('a replaced node keeps its place, and old values of it still name it', () => {
    const draft = new Draft(onnx`(float[2] x) => (float[2] y) { a = Abs(x) b = Neg(x) y = Add(a, b) }`)
    const abs = nodeOf(draft, 'a')
    draft.replace(abs, { op: 'Relu' })
    draft.replace(abs, { name: 'first' })
    expect(text(draft.finish())).toBe('  [first] a = Relu(x)\n  b = Neg(x)\n  y = Add(a, b)')
    draft.remove(abs)
    expect(draft.producer('a')).toBe(undefined)
    expect(draft.users('x').map(use => use.node.op)).toEqual(['Neg'])
  })

  test('added nodes stand before their users', () => {
    const draft = new Draft(onnx`(float[2] x) => (float[2] y) { y = Abs(x) }`)
    const neg = draft.add({ op: 'Neg', inputs: ['x'] })
    draft.redirect('x', neg.outputs[0] ?? '', use => use.node.op === 'Abs')
    expect(text(draft.finish())).toBe('  [Neg] Neg_output = Neg(x)\n  y = Abs(Neg_output)')
  })

  test('a cycle is an error that names its nodes', () => {
    const draft = new Draft(onnx`(float[2] x) => (float[2] y) { [a] t = Abs(x) [b] y = Neg(t) }`)
    draft.redirect('x', 'y')
    expect(() => draft.finish()).toThrow('these nodes need each other: a → b')
  })

  test('a cycle through a nested body is one too', () => {
    const draft = new Draft(onnx`(float[2] x, bool c) => (float[2] z) {
      [a] t = Abs(x)
      [if] z = If(c) <
        then_branch: graph = yes () => (float[2] r) { r = Relu(t) },
        else_branch: graph = no () => (float[2] s) { s = Relu(t) }>
    }`)
    draft.redirect('x', 'z')
    expect(() => draft.finish()).toThrow('these nodes need each other')
  })
})

describe('fresh names', () => {
  test('are new in nested bodies, in bodies around, and against names that come from outside', () => {
    const graph = onnx`(float[2] x, bool c) => (float[2] y) <float[1] w = {1}> {
      [if] y = If(c) <
        then_branch: graph = yes () => (float[2] r) { [n] r = Relu(x) },
        else_branch: graph = no () => (float[2] s) { s = Relu(x) }>
    }`
    const outer = new Draft(graph)
    expect(['r', 'n', 'w', 'x', 'if', 'new', 'new'].map(name => outer.fresh(name))).toEqual(
      ['r_1', 'n_1', 'w_1', 'x_1', 'if_1', 'new', 'new_1'], // prettier-ignore
    )
    const [node] = graph.nodes
    const [inner] = node ? innerScopes(scopeOf(graph), node) : []
    if (!inner) throw new Error('no branch')
    expect(['w', 's', 'y'].map(name => new Draft(inner.body, inner).fresh(name))).toEqual([
      'w_1',
      's_1',
      'y_1',
    ])
    expect(new Draft(inner.body).fresh('x')).toBe('x_1')
  })
})

test('initializers: set, add, remove', () => {
  const graph = onnx`(float[2] x, float[2] w) => (float[2] y) <float[2] w = {1, 2}> { y = Add(x, w) }`
  const draft = new Draft(graph)
  const tensor = graph.tensor('w')
  if (!tensor) throw new Error('no tensor')
  const name = draft.addInitializer('w', tensor, { origins: ['w'] })
  draft.redirect('w', name)
  draft.removeInitializer('w')
  const done = draft.finish()
  expect([...done.initializers.keys()]).toEqual(['w_1'])
  expect(done.inputs.map(input => input.name)).toEqual(['x'])
  expect(graph.initializers.has('w')).toBe(true)
})

test('ten thousand nodes are edited one by one without quadratic work', () => {
  const count = 10_000
  const lines = Array.from({ length: count }, (_, at) => `v${at + 1} = Identity(v${at})`)
  const graph = parse(`(float[2] v0) => (float[2] y) { ${lines.join('\n')} y = Relu(v${count}) }`)
  const draft = new Draft(graph)
  for (const node of draft.nodes) {
    if (node.op !== 'Identity') continue
    const [from, to] = [draft.current(node).outputs[0] ?? '', draft.current(node).inputs[0] ?? '']
    draft.redirect(from, to)
    draft.remove(node)
  }
  expect(draft.finish().nodes.map(node => node.inputs)).toEqual([['v0']])
  const reversed = new Draft(graph.with({ nodes: [...graph.nodes].reverse() })).finish()
  expect(reversed.nodes[0]?.outputs).toEqual(['v1'])
})

function asGraph(body: Body): Graph {
  if (body instanceof Graph) return body
  throw new Error('a draft of a graph ends in a graph')
}
