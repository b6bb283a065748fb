// Slices in steps, joined and convolved, against one convolution of the whole picture.
import { expect, test } from 'vitest'
import { expectSameOutputs } from '../../test/same-outputs.ts'
import type { Graph, Initializer } from '../ir.ts'
import { removeDead } from '../passes/remove-dead.ts'
import { numbers } from '../tensors/elements.ts'
import { memoryTensor, tensorOf } from '../tensors/memory-tensor.ts'
import { parse } from '../text/parse.ts'
import { nearMisses } from './explain.ts'
import { phaseFilters } from './phase-filters.ts'
import { rewrite } from './rewrite.ts'

interface Case {
  readonly of: string
  /** Of the picture and the filters. */
  readonly x: readonly number[]
  readonly w: readonly number[]
  /** Lines that make `joined` of x, and the attributes of the convolution. */
  readonly parts: string
  readonly conv?: string
}

const constants = `<int64[2] both = {2, 3}, int64[1] rows = {2}, int64[1] columns = {3}, int64[2] from00 = {0, 0}, int64[2] from10 = {1, 0},
  int64[2] from01 = {0, 1}, int64[2] from11 = {1, 1}, int64[2] end2 = {9223372036854775807, 9223372036854775807}, int64[2] two2 = {2, 2},
  int64[1] from0 = {0}, int64[1] from1 = {1}, int64[1] from2 = {2}, int64[1] end = {2147483647}, int64[1] two = {2}, int64[1] three = {3},
  int64[1] last = {-1}, int64[1] eight = {8}, int64[1] seven = {7}>`

/** As YOLOX is exported: rows first, then columns of both. */
const nested = (axis: string): string => `
  even = Slice(x, from0, end, rows, two) odd = Slice(x, from1, end, rows, two)
  a = Slice(even, from0, end, columns, two) b = Slice(odd, from0, end, columns, two)
  c = Slice(even, from1, end, columns, two) d = Slice(odd, from1, end, columns, two)
  joined = Concat<axis = ${axis}>(a, b, c, d)`
const atOnce = `
  a = Slice(x, from11, end2, both, two2) b = Slice(x, from00, end2, both, two2)
  c = Slice(x, from10, end2, both, two2) d = Slice(x, from01, end2, both, two2)
  joined = Concat<axis = 1>(a, b, c, d)`

function model({ x, w, parts, conv = '' }: Case, dtype: 'float32' | 'float16' = 'float32'): Graph {
  const count = w.reduce((a, b) => a * b, 1)
  const filters = tensorOf(dtype, w, Array.from({ length: count }, (_, at) => Math.sin(1 + at * 12.9898)))
  const type = dtype === 'float32' ? 'float' : 'float16'
  const graph = parse(`<ir_version: 8, opset_import: ["": 13]> g (${type}[${x.join()}] x) => (${type} y) ${constants} {
    ${parts} y = Conv${conv}(joined, w) }`)
  const initializers = new Map([...graph.initializers, ['w', { name: 'w', tensor: filters, origins: ['net.w'] }]])
  return graph.with({ initializers, outputs: [{ name: 'y', type: { kind: 'tensor', dtype } }] })
} // prettier-ignore

/** The constant that is convolved with. */
const filtersOf = (graph: Graph): Initializer | undefined =>
  [...graph.initializers.values()].find(({ tensor }) => tensor.shape.length > 2)

test.each<Case>([
  { of: 'slices of slices, padded as usual', x: [1, 3, 8, 8], w: [5, 12, 3, 3], parts: nested('1'), conv: '<pads = [1, 1, 1, 1]>' },
  { of: 'slices of both at once, in another order', x: [2, 3, 8, 12], w: [4, 12, 1, 1], parts: atOnce },
  { of: 'a filter that moves in steps, padded unevenly', x: [1, 1, 16, 8], w: [2, 4, 3, 2], parts: nested('-3'), conv: '<pads = [1, 0, 2, 1], strides = [2, 1], auto_pad = "NOTSET">' },
  { of: 'one dimension, three phases', x: [1, 2, 12], w: [3, 6, 4], parts: `
    a = Slice(x, from2, end, rows, three) b = Slice(x, from0, end, rows, three) c = Slice(x, from1, end, last, three)
    joined = Concat<axis = 1>(a, b, c)`, conv: '<pads = [3, 1]>' },
  { of: 'rows alone', x: [1, 2, 8, 5], w: [3, 4, 3, 3], parts: `
    a = Slice(x, from0, eight, rows, two) b = Slice(x, from1, end, rows, two) joined = Concat<axis = 1>(a, b)` },
])('$of', async each => {
  const graph = model(each)
  const { graph: fused, counts } = rewrite(graph, [phaseFilters])
  expect(counts).toEqual({ 'phase-filters': 1 })
  const next = removeDead(fused)
  expect(next.nodes.map(({ op }) => op)).toEqual(['Conv'])
  expect(filtersOf(next)?.origins).toEqual(['net.w'])
  expect(filtersOf(next)?.tensor.byteLength).toBe(filtersOf(graph)?.tensor.byteLength)
  await expectSameOutputs(graph, next, { atol: 1e-6, rtol: 1e-6 })
}) // prettier-ignore

test('a part that is read elsewhere stays for that', async () => {
  const graph = model({ of: '', x: [1, 3, 8, 8], w: [5, 12, 3, 3], parts: nested('1') })
  const outputs = [...graph.outputs, { name: 'c', type: { kind: 'tensor', dtype: 'float32' } as const }]
  const next = removeDead(rewrite(graph.with({ outputs }), [phaseFilters]).graph)
  expect(next.nodes.map(({ op }) => op).toSorted()).toEqual(['Conv', 'Slice', 'Slice'])
  await expectSameOutputs(graph.with({ outputs }), next, { atol: 1e-6, rtol: 1e-6 })
})

test('weights of half precision keep their bits', async () => {
  const each = { of: '', x: [1, 3, 8, 8], w: [5, 12, 3, 2], parts: nested('1') }
  const read = async (dtype: 'float32' | 'float16'): Promise<readonly number[]> => {
    const tensor = filtersOf(removeDead(rewrite(model(each, dtype), [phaseFilters]).graph))?.tensor
    return numbers(memoryTensor(dtype, [5 * 12 * 6], (await tensor?.read()) ?? new Uint8Array())) ?? []
  }
  const [half, single] = [await read('float16'), await read('float32')]
  expect(new Set(half).size).toBeGreaterThan(100)
  half.forEach((value, at) => expect(value).toBeCloseTo(single[at] ?? NaN, 3))
})

const joined = (parts: string, more = ''): string => `${more} joined = Concat<axis = 1>(${parts})`
const phase = (name: string, from: string): string => `${name} = Slice(x, ${from}, end2, both, two2)`
const all = [phase('a', 'from00'), phase('b', 'from10'), phase('c', 'from01'), phase('d', 'from11')].join(' ')

test.each<[reason: string, Case]>([
  ['are not all the phases of a picture', { of: 'a phase twice', x: [1, 3, 8, 8], w: [5, 12, 3, 3], parts: joined('a, b, c, c', all) }],
  ['are not all the phases of a picture', { of: 'a phase is missing', x: [1, 4, 8, 8], w: [5, 12, 3, 3], parts: joined('a, b, c', all) }],
  ['are not all the phases of a picture', { of: 'a copy', x: [1, 4, 8, 8], w: [5, 4, 3, 3], parts: joined('x') }],
  ['are cut in different steps', { of: 'a crop and a phase', x: [1, 3, 8, 8], w: [5, 6, 3, 3], parts: joined('a, e', `${all} e = Slice(x, from00, end2, both, e2)`) }],
  ['are not parts of one picture', { of: 'one is something else', x: [1, 3, 8, 8], w: [5, 12, 3, 3], parts: joined('a, b, c, e', `${all} e = Relu(d)`) }],
  ['are not parts of one picture', { of: 'not to the end', x: [1, 3, 8, 8], w: [5, 6, 3, 3], parts: joined('a, e', `a = Slice(x, from0, end, rows, two) e = Slice(x, from1, seven, rows, two)`) }],
  ['works in groups', { of: 'groups', x: [1, 3, 8, 8], w: [4, 4, 3, 3], parts: joined('a, b, c, d', all), conv: '<group = 3>' }],
  ['is dilated', { of: 'dilated', x: [1, 3, 8, 8], w: [4, 12, 2, 2], parts: joined('a, b, c, d', all), conv: '<dilations = [2, 2]>' }],
  ['pads by itself', { of: 'padded by itself', x: [1, 3, 8, 8], w: [4, 12, 2, 2], parts: joined('a, b, c, d', all), conv: '<auto_pad = "SAME_UPPER">' }],
])('stays: %s', (reason, each) => {
  const graph = model({ ...each, parts: each.parts.replace('e2', 'both') })
  expect(rewrite(graph, [phaseFilters]).graph).toBe(graph)
  expect(nearMisses(graph, phaseFilters)[0]?.reason).toBe(reason)
}) // prettier-ignore
