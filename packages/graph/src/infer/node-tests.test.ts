// ONNX's own test of every operator: with the inputs' contents known, and with every size of the inputs replaced by a name
// of its own, what is inferred is what the test expects, once the names are sizes again.
import { describe, expect, test } from 'vitest'
import { haveNodeTests, nodeTests, type NodeTest } from '../../test/onnx-node-tests.ts'
import type { Dim, Graph, ValueInfo, ValueType } from '../ir.ts'
import { evaluateDim } from './dim.ts'
import { infer, type InferOptions } from './infer.ts'

interface Verdict {
  readonly wrong: readonly string[]
  readonly exact: number
  readonly outputs: number
}

function judge(tests: Iterable<NodeTest>, prepare: (each: NodeTest) => Prepared): Verdict {
  const wrong: string[] = []
  let [exact, outputs] = [0, 0]
  for (const each of tests) {
    const { graph, options, sizes } = prepare(each)
    const bare = graph.with({ outputs: graph.outputs.map(({ name }) => ({ name })), types: new Map() })
    const { graph: typed } = infer(bare, options)
    for (const [at, info] of graph.outputs.entries()) {
      const expected = each.outputs.get(info.name)
      if (!expected) continue
      outputs++
      const found = compare(typed.outputs[at]?.type, expected.dtype, expected.shape, sizes)
      if (found === 'exact') exact++
      else if (found !== 'partial') wrong.push(`${each.name}: ${found}`)
    }
  }
  return { wrong, exact, outputs }
}

interface Prepared {
  readonly graph: Graph
  readonly options: InferOptions
  readonly sizes: ReadonlyMap<string, number>
}

function compare(
  type: ValueType | undefined,
  dtype: string,
  shape: readonly number[],
  sizes: ReadonlyMap<string, number>,
): string {
  if (!type) return 'partial'
  if (type.kind !== 'tensor') return `a ${type.kind}`
  if (type.dtype !== undefined && type.dtype !== dtype) return `${type.dtype}, not ${dtype}`
  if (!type.shape) return 'partial'
  const values = type.shape.map(dim => evaluateDim(dim, sizes))
  const wrong =
    values.length !== shape.length || values.some((value, at) => value !== undefined && value !== shape[at])
  if (wrong) return `[${type.shape.join()}], not [${shape.join()}]`
  return values.includes(undefined) || type.dtype === undefined ? 'partial' : 'exact'
}

const known = ({ graph, inputs }: NodeTest): Prepared => ({
  graph,
  options: { values: inputs },
  sizes: new Map(),
})

/** Every input size above 1 becomes a name, no two alike. */
function named({ graph }: NodeTest): Prepared {
  const sizes = new Map<string, number>()
  const rename = (info: ValueInfo, at: number): ValueInfo => {
    const { type } = info
    if (type?.kind !== 'tensor' || !type.shape) return info
    const shape = type.shape.map((dim, axis): Dim => {
      if (typeof dim !== 'number' || dim < 2) return dim
      sizes.set(`size_${at}_${axis}`, dim)
      return `size_${at}_${axis}`
    })
    return { ...info, type: { ...type, shape } }
  }
  return { graph: graph.with({ inputs: graph.inputs.map(rename) }), options: {}, sizes }
}

describe.skipIf(!haveNodeTests)('the node tests of ONNX', () => {
  const tests = haveNodeTests ? [...nodeTests()] : []

  test('with known contents: nothing wrong, nearly everything exact', () => {
    const { wrong, exact, outputs } = judge(tests, known)
    expect(wrong).toEqual([])
    expect(outputs).toBeGreaterThan(950)
    // The rest depends on data: NonZero, Unique, Compress, NonMaxSuppression.
    expect(exact / outputs).toBeGreaterThan(0.93)
  })

  test('with a name for every size: nothing wrong', () => {
    const { wrong, exact, outputs } = judge(tests, named)
    expect(wrong).toEqual([])
    expect(exact / outputs).toBeGreaterThan(0.6)
  })
})

test('the comparison notices what is wrong', () => {
  const sizes = new Map([['n', 3]])
  const type = (shape: readonly Dim[]): ValueType => ({ kind: 'tensor', dtype: 'float32', shape })
  expect(compare(type(['2*n', 4]), 'float32', [6, 4], sizes)).toBe('exact')
  expect(compare(type([null, 4]), 'float32', [6, 4], sizes)).toBe('partial')
  expect(compare(type(['2*n', 5]), 'float32', [6, 4], sizes)).toBe('[2*n,5], not [6,4]')
  expect(compare(type([6]), 'float32', [6, 4], sizes)).toBe('[6], not [6,4]')
  expect(compare(type([6, 4]), 'int64', [6, 4], sizes)).toBe('float32, not int64')
})
