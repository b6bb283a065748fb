import { describe, expect, test } from 'vitest'
import { DamsonError, refuse } from '../error.ts'
import type { Graph, Node } from '../ir.ts'
import { intOf } from '../ops/attributes.ts'
import { ms } from '../ops/microsoft-operators.generated.ts'
import { op } from '../ops/onnx-operators.generated.ts'
import { constant } from '../ops/term.ts'
import { walk } from '../scope.ts'
import { tensorOf } from '../tensors/memory-tensor.ts'
import { print } from '../text/print.ts'
import { onnx } from '../text/template.ts'
import { nearMisses } from './explain.ts'
import { rewrite } from './rewrite.ts'
import { rule, type Rule } from './rule.ts'

const after = (graph: Graph, ...rules: readonly Rule[]): readonly string[] =>
  rewrite(graph, rules).graph.nodes.map(node => print(node))
const reason = (graph: Graph, of: Rule): string | undefined => nearMisses(graph, of)[0]?.reason

const biasGelu = rule('bias-gelu', ['x', 'bias'], {
  match: ({ x, bias }) => ms.Gelu(op.Add(x, bias)),
  check: ({ bias }) => bias.shape?.length === 1 || refuse('bias is not 1-D', bias),
  build: ({ x, bias }) => ms.BiasGelu(x, bias),
})
const identity = rule('identity', ['x'], { match: ({ x }) => op.Identity(x), build: ({ x }) => x })
const reluOnce = rule('relu-once', ['x'], {
  match: ({ x }) => op.Relu(op.Relu(x)),
  build: ({ x }) => op.Relu(x),
})

describe('replacing', () => {
  test('the output name stays, the domain is imported, the input graph is untouched', () => {
    const graph = onnx`<ir_version: 8, opset_import: ["": 13]>
      a (float[2,4] x, float[4] b) => (float[2,4] y) { t = Add(x, b) y = com.microsoft.Gelu(t) }`
    const before = print(graph)
    const { graph: next, counts } = rewrite(graph, [biasGelu])
    expect(counts).toEqual({ 'bias-gelu': 1 })
    expect(next.nodes.map(node => print(node))).toEqual(['y = com.microsoft.BiasGelu(x, b)'])
    expect(next.opset('com.microsoft')).toBe(1)
    expect(print(graph)).toBe(before)
  })

  test('a graph that no rule matches is the same object', () => {
    const graph = onnx`a (float x) => (float y) { y = Exp(x) }`
    expect(rewrite(graph, [identity]).graph).toBe(graph)
    expect(rewrite(graph, [identity]).counts).toEqual({ identity: 0 })
  })

  test('the name of the node, its metadata and all origins pass to what is built; types stay', () => {
    const plain = onnx`a (float[2] x) => (float[2] z) <float[2] y> { [first] t = Relu(x) [second] y = Relu(t) z = Exp(y) }`
    const metadata = new Map([['module', 'block.0']])
    const nodes = plain.nodes.map(node => ({ ...node, origins: [node.name], metadata }))
    const { graph } = rewrite(plain.with({ nodes }), [reluOnce])
    expect(graph.nodes[0]).toMatchObject({ name: 'second', outputs: ['y'], metadata })
    expect(new Set(graph.nodes[0]?.origins)).toEqual(new Set(['first', 'second']))
    expect(graph.typeOf('y')).toEqual({ kind: 'tensor', dtype: 'float32', shape: [2] })
    expect(graph.types.has('t')).toBe(false)
  })

  test('optional outputs that nobody reads have no name', () => {
    const graph = onnx`<opset_import: ["": 17, "com.microsoft": 1]> a (float[1,2,4] x, float[4] g) => (float[1,2,4] y, float[1,2,4] z) {
      z = Add(x, x) y = LayerNormalization(z, g) }`
    const skip = rule('skip', ['x', 'g'], {
      match: ({ x, g }) => {
        const sum = op.Add(x, x)
        return [op.LayerNormalization(sum, g), sum]
      },
      build: ({ x, g }) => {
        const [y, , , sum] = ms.SkipLayerNormalization(x, x, g).outputs(4)
        return y && sum ? [y, sum] : refuse('has too few outputs')
      },
    })
    expect(rewrite(graph, [skip]).graph.nodes[0]?.outputs).toEqual(['y', '', '', 'z'])
  })

  test('nodes that the caller keeps are not replaced, and near-misses say so', () => {
    const graph = onnx`a (float[2] x) => (float[2] y, float[2] z) {
      s = Relu(x) [mine] y = Relu(s) t = Exp(x) u = Relu(t) [kept] z = Relu(u) }`
    const options = { mayReplace: (node: Node): boolean => node.name !== 'kept' }
    const { graph: next, counts } = rewrite(graph, [reluOnce], options)
    expect(counts).toEqual({ 'relu-once': 1 })
    expect(next.nodes.filter(node => node.op === 'Relu')).toHaveLength(3)
    expect(nearMisses(graph, reluOnce, options)[0]).toMatchObject({
      node: 'kept',
      reason: 'may not be replaced',
    })
  })

  test('inner nodes of a replacement, shared calls and names', () => {
    const twice = rule('twice', ['x'], {
      match: ({ x }) => op.Softsign(x),
      build: ({ x }) => {
        const magnitude = op.Abs(x).as('magnitude')
        return op.Div(x, op.Add(magnitude, op.Sqrt(op.Mul(magnitude, magnitude))))
      },
    })
    const graph = onnx`a (float[2] x) => (float[2] y) { y = Softsign(x) }`
    const lines = after(graph, twice)
    expect(lines.filter(line => line.includes('Abs'))).toEqual(['[magnitude] magnitude_output = Abs(x)'])
    expect(lines).toHaveLength(5)
  })

  test('new weights: made once, with the origins of what they are made of; old ones go when unused', () => {
    const scale = rule('scale', ['x', 'w'], {
      match: ({ x, w }) => op.Mul(x, constant(w)),
      check: ({ w }) => w.tensor?.dtype === 'float32' || refuse('not float', w),
      build: ({ x, w }) => op.Sub(x, constant(tensorOf('float32', [2], [5, 6]), { from: [w], name: 'made' })),
    })
    const plain = onnx`a (float[2] x) => (float[2] y, float[2] z) <float[2] w = {1, 2}, float[2] v = {1, 2}> {
      y = Mul(x, w) z = Mul(x, v) }`
    const initializers = new Map(
      [...plain.initializers].map(([name, each]) => [name, { ...each, origins: [`old.${name}`] }]),
    )
    const { graph } = rewrite(plain.with({ initializers }), [scale])
    expect(graph.nodes.map(node => print(node))).toEqual(['y = Sub(x, made)', 'z = Sub(x, made)'])
    expect([...graph.initializers.keys()]).toEqual(['made'])
    expect(graph.initializers.get('made')?.origins).toContain('old.w')
  })

  test('a shared initializer stays for its other users', () => {
    const drop = rule('drop', ['x', 'w'], {
      match: ({ x, w }) => op.Mul(x, constant(w)),
      build: ({ x }) => op.Abs(x),
    })
    const graph = onnx`a (float[2] x) => (float[2] y, float[2] z) <float[2] w = {1, 2}> { y = Mul(x, w) z = Add(x, w) }`
    expect([...rewrite(graph, [drop]).graph.initializers.keys()]).toEqual(['w'])
  })
})

describe('what blocks a match', () => {
  test('an inner node that is used elsewhere or is a graph output', () => {
    const used = onnx`a (float x) => (float y, float z) { t = Relu(x) y = Relu(t) z = Exp(t) }`
    expect(reason(used, reluOnce)).toBe('t is also used by z')
    const output = onnx`a (float x) => (float y, float t) { t = Relu(x) y = Relu(t) }`
    expect(reason(output, reluOnce)).toBe('t is a graph output')
    const captured = onnx`a (float x, bool c) => (float y, float z) { t = Relu(x) y = Relu(t)
      z = If(c) <then_branch = b () => (float p) { p = Exp(t) }, else_branch = e () => (float q) { q = Abs(x) }> }`
    expect(reason(captured, reluOnce)).toMatch(/^t is also used by/)
  })

  test('a shared() node may be used elsewhere, and stays then', () => {
    const transposes = rule('transposes', ['x'], {
      match: ({ x }) => op.Neg(op.Neg(x).shared()),
      build: ({ x }) => op.Abs(x),
    })
    const graph = onnx`a (float x) => (float y, float z) { t = Neg(x) y = Neg(t) z = Exp(t) }`
    expect(new Set(after(graph, transposes))).toEqual(new Set(['t = Neg(x)', 'z = Exp(t)', 'y = Abs(x)']))
  })

  test('another output of the root that is used', () => {
    const drop = rule('drop', ['x', '...rest'], {
      match: ({ x, rest }) => op.Dropout(x, ...rest),
      build: ({ x }) => op.Relu(x),
    })
    const graph = onnx`a (float[2] x) => (float[2] y, bool[2] m) { y, m = Dropout(x) }`
    expect(reason(graph, drop)).toBe('m is a graph output')
  })

  test('an operator that the opset does not have, and a constant of unknown type', () => {
    const newer = rule('newer', ['x'], { match: ({ x }) => op.Erf(x), build: ({ x }) => op.Gelu(x) })
    expect(reason(onnx`<opset_import: ["": 13]> a (float x) => (float y) { y = Erf(x) }`, newer)).toBe(
      'Gelu does not exist at this opset',
    )
    const half = rule('half', ['x'], {
      match: ({ x }) => op.Erf(x),
      build: ({ x }) => op.Mul(op.Exp(x), 0.5),
    })
    expect(reason(onnx`a (x) => (y) { y = Erf(x) }`, half)).toBe(
      'the element type of the constant 0.5 is unknown',
    )
    const typed = rewrite(onnx`a (float16[2] x) => (y) { y = Erf(x) }`, [half]).graph
    expect(typed.initializers.get('constant_0_5')?.tensor.dtype).toBe('float16')
    const byOutput = rewrite(onnx`a (x) => (double y) { y = Erf(x) }`, [half]).graph
    expect(byOutput.initializers.get('constant_0_5')?.tensor.dtype).toBe('float64')
  })

  test('an opset outside of since and before', () => {
    const old = rule('old', ['x'], { before: 13, match: ({ x }) => op.Neg(x), build: ({ x }) => op.Abs(x) })
    expect(after(onnx`<opset_import: ["": 12]> a (float x) => (float y) { y = Neg(x) }`, old)).toEqual([
      'y = Abs(x)',
    ])
    expect(after(onnx`<opset_import: ["": 13]> a (float x) => (float y) { y = Neg(x) }`, old)).toEqual([
      'y = Neg(x)',
    ])
  })
})

describe('graph outputs', () => {
  test('a value takes over the name of the graph output that it stands for', () => {
    expect(after(onnx`a (float x) => (float y) { t = Exp(x) y = Identity(t) }`, identity)).toEqual([
      'y = Exp(x)',
    ])
    const both = onnx`a (float x) => (float y, float z) { t = Exp(x) y = Identity(t) z = Neg(t) }`
    expect(after(both, identity)).toEqual(['y = Exp(x)', 'z = Neg(y)'])
  })

  test('a graph input, an initializer or another output keeps its name, and the node stays', () => {
    const input = onnx`a (float x) => (float y) { y = Identity(x) }`
    expect(after(input, identity)).toEqual(['y = Identity(x)'])
    expect(reason(input, identity)).toBe('its result is a graph output, and x cannot take over the name')
    const weight = onnx`a () => (float y) <float w = {1}> { y = Identity(w) }`
    expect(after(weight, identity)).toEqual(['y = Identity(w)'])
    const output = onnx`a (float x) => (float t, float y) { t = Exp(x) y = Identity(t) }`
    expect(after(output, identity)).toEqual(['t = Exp(x)', 'y = Identity(t)'])
  })
})

describe('nested bodies and functions', () => {
  const graph = onnx`<opset_import: ["": 13]> a (float[2] x, bool c) => (float[2] y) <float one = {1}> {
    o = Relu(x)
    y = If(c) <
      then_branch = then () => (float[2] p) { s = Mul(o, one) u = Identity(s) v = Relu(u) p = Relu(v) },
      else_branch = other () => (float[2] q) { q = Identity(o) }> }`
  const timesOne = rule('times-one', ['x'], { match: ({ x }) => op.Mul(x, 1), build: ({ x }) => x })
  const ops = (of: Graph): readonly string[] => [...walk(of)].map(({ node }) => node.op)

  test('are rewritten with captured constants and types resolved', () => {
    const { graph: next, counts } = rewrite(graph, [timesOne, identity, reluOnce])
    expect(counts).toEqual({ 'times-one': 1, identity: 1, 'relu-once': 1 })
    expect(ops(next)).toEqual(['Relu', 'If', 'Relu', 'Identity'])
    expect(print(next)).toContain('p = Relu(o)')
    expect(print(next)).toContain('q = Identity(o)')
  })

  test('a captured name that changes outside is followed', () => {
    const outside = onnx`a (float[2] x, bool c) => (float[2] y) {
      e = Exp(x) o = Identity(e)
      y = If(c) < then_branch = t () => (float[2] p) { p = Relu(o) }, else_branch = f () => (float[2] q) { q = Neg(o) }> }`
    const { graph: next } = rewrite(outside, [identity])
    expect(print(next)).toContain('p = Relu(e)')
    expect(print(next)).toContain('q = Neg(e)')
  })

  test('functions are rewritten too; a constant becomes a Constant node there, and the import its own', () => {
    const half = rule('half', ['x'], {
      match: ({ x }) => op.Erf(x),
      build: ({ x }) => ms.FastGelu(op.Mul(op.Relu(x), constant(tensorOf('float32', [], [0.5])))),
    })
    const functions = onnx`<ir_version: 8, opset_import: ["": 18, "local": 1]>
      a (float x) => (float y) { y = local.F(x) }
      <domain: "local", opset_import: ["": 18]> F (p) => (q) { q = Erf(p) }`
    const [definition] = rewrite(functions, [half]).graph.header.functions
    expect(definition?.nodes.map(node => node.op).sort()).toEqual(['Constant', 'FastGelu', 'Mul', 'Relu'])
    expect(definition?.opsets.get('com.microsoft')).toBe(1)
  })
})

test('a node whose attribute the caller of a function gives is left alone', () => {
  const softmax = rule('softmax', ['x', 'y'], {
    match: ({ x, y }) => op.Softmax(x).as(y),
    check: ({ y }) => intOf(y, 'axis', -1) === -1 || refuse('another axis', y),
    build: ({ x }) => op.Relu(x),
  })
  const graph = onnx`<ir_version: 8, opset_import: ["": 18, "local": 1]> a (float[2,2] x) => (float[2,2] y) { y = local.F<axis = 0>(x) }
    <domain: "local", opset_import: ["": 18]> F <axis> (p) => (q) { q = Softmax<axis: int = @axis>(p) }`
  expect(rewrite(graph, [softmax]).graph).toBe(graph)
  expect(reason(graph, softmax)).toBe('an attribute is a parameter of the function')
})

describe('the fixpoint', () => {
  test('what a rule builds is looked at again', () => {
    const chain = onnx`a (float x) => (float y) { b = Relu(x) c = Relu(b) d = Identity(c) e = Relu(d) y = Relu(e) }`
    expect(after(chain, reluOnce, identity)).toEqual(['y = Relu(x)'])
  })

  test('rules that undo each other are an error that names them', () => {
    const there = rule('there', ['x'], { match: ({ x }) => op.Sin(x), build: ({ x }) => op.Cos(x) })
    const back = rule('back', ['x'], { match: ({ x }) => op.Cos(x), build: ({ x }) => op.Sin(x) })
    const graph = onnx`a (float x) => (float y) { y = Sin(x) }`
    const run = (): unknown => rewrite(graph, [there, back], { bound: 20 })
    expect(run).toThrow(
      /^Expected the rules to come to an end within 20 replacements, but there, back still match/,
    )
    try {
      run()
    } catch (error) {
      expect(DamsonError.isInstance(error, 'not-converging')).toBe(true)
    }
  })

  test('thousands of replacements in a chain', () => {
    const chain = (length: number): Graph => {
      const graph = onnx`a (float[2] x) => (float[2] y) { y = Exp(x) }`
      const nodes = Array.from({ length }, (_, at) => ({
        ...graph.nodes[0], op: at % 3 === 0 ? 'Exp' : 'Identity', domain: '', name: `n${at}`, origins: [], attributes: new Map(),
        inputs: [at === 0 ? 'x' : `v${at - 1}`], outputs: [at === length - 1 ? 'y' : `v${at}`],
      })) // prettier-ignore
      return graph.with({ nodes })
    }
    const { graph, counts } = rewrite(chain(3000), [identity])
    expect(counts).toEqual({ identity: 2000 })
    expect(graph.nodes.map(node => node.op)).toEqual(Array.from({ length: 1000 }, () => 'Exp'))
  })
})
