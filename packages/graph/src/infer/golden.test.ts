// Against ONNX's own inference (tooling/peers/inferred-types.py): whatever ONNX knows of a value, element type, rank or
// size, is the same here, and no value is known less well.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { eachZooModel } from '@damson/zoo/vitest'
import { parseGraph } from '../file/read.ts'
import type { Dim, Graph, ValueType } from '../ir.ts'
import { mapBodies, walk } from '../scope.ts'
import { infer } from './infer.ts'

interface Golden {
  readonly models: Readonly<
    Record<string, { readonly types: readonly string[]; readonly values: readonly number[] }>
  >
}

const golden: Golden = JSON.parse(
  readFileSync(new URL('../../test/golden/inferred-types.json', import.meta.url), 'utf8'),
)

interface Known {
  readonly dtype: string
  /** `?` for an unknown size; absent without rank. */
  readonly dims?: readonly string[]
}

function parseKnown(text: string): Known {
  const [, dtype = '', dims] = /^([\w-]+)(?:\[(.*)\])?$/.exec(text) ?? []
  return dims === undefined ? { dtype } : { dtype, dims: dims === '' ? [] : dims.split(',') }
}

const dimText = (dim: Dim): string => (typeof dim === 'number' ? String(dim) : '?')

function knownOf(type: ValueType | undefined): Known {
  if (type?.kind !== 'tensor') return { dtype: type?.kind ?? 'unknown' }
  const dtype = type.dtype ?? 'unknown'
  return type.shape ? { dtype, dims: type.shape.map(dimText) } : { dtype }
}

/** Where ours contradicts theirs or knows less. */
function worse(ours: Known, theirs: Known): boolean {
  if (theirs.dtype !== 'unknown' && ours.dtype !== theirs.dtype) return true
  if (!theirs.dims) return false
  if (ours.dims?.length !== theirs.dims.length) return true
  return theirs.dims.some((dim, at) => dim !== '?' && dim !== ours.dims?.[at])
}

function withoutTypes(graph: Graph): Graph {
  return mapBodies(graph, body => body.with({ types: new Map() }))
}

/** Types of all node outputs in the golden file's order. */
function typesIn(graph: Graph): readonly (readonly [string, ValueType | undefined])[] {
  return [...walk(graph)].flatMap(({ scope, node }) =>
    node.outputs
      .filter(name => name !== '')
      .map((name): [string, ValueType | undefined] => [name, scope.body.typeOf(name)]),
  )
}

describe('against ONNX on every zoo model', () => {
  eachZooModel('is never worse', (file, { path }) => {
    const { types, values } = golden.models[path] ?? { types: [], values: [] }
    const { graph, problems } = infer(withoutTypes(parseGraph(readFileSync(file))))
    const ours = typesIn(graph)
    expect(problems).toEqual([])
    expect(ours.length).toBe(values.length)
    const differing = ours.flatMap(([name, type], at) => {
      const theirs = parseKnown(types[values[at] ?? 0] ?? '')
      return worse(knownOf(type), theirs) ? [{ name, ours: knownOf(type), theirs }] : []
    })
    expect(differing).toEqual([])
  })
})

test('the comparison notices a wrong size, a wrong type and a lost rank', () => {
  const theirs: Known = { dtype: 'float32', dims: ['2', '?'] }
  expect(worse({ dtype: 'float32', dims: ['2', '7'] }, theirs)).toBe(false)
  expect(worse({ dtype: 'float32', dims: ['3', '7'] }, theirs)).toBe(true)
  expect(worse({ dtype: 'float32', dims: ['?', '7'] }, theirs)).toBe(true)
  expect(worse({ dtype: 'int64', dims: ['2', '7'] }, theirs)).toBe(true)
  expect(worse({ dtype: 'float32' }, theirs)).toBe(true)
})
