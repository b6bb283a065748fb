// The first difference of two graphs, for tests and for whoever asks whether a file came back as it was. One walk over
// plain values; what is absent equals what is empty.
import { Body, Graph } from '../ir.ts'
import type { Tensor } from '../tensor.ts'

export interface DifferenceOptions {
  /** Compares doc strings, metadata and origins of everything below the model; default true. */
  readonly notes?: boolean
}

/**
 * Where two graphs first differ, as `place: one value, other value`; undefined when they do not. Order counts for inputs,
 * outputs and nodes, not for attributes, initializers and types. Tensors are equal when their keys are, or their resident
 * bytes. What damson carries and does not interpret (`extra`) is not compared.
 */
export function difference(one: Body, other: Body, options: DifferenceOptions = {}): string | undefined {
  const skipped = options.notes === false ? ['extra', 'doc', 'metadata', 'origins'] : ['extra']
  const inBodies = differ(one.fields(), other.fields(), '', skipped)
  if (inBodies !== undefined || !(one instanceof Graph) || !(other instanceof Graph)) return inBodies
  const { functions, ...header } = one.header
  const { functions: otherFunctions, ...otherHeader } = other.header
  return (
    differ(header, otherHeader, 'header', ['extra']) ??
    differ(functions, otherFunctions, 'functions', skipped)
  )
}

function differ(one: unknown, other: unknown, at: string, skipped: readonly string[]): string | undefined {
  if (Object.is(one, other) || (isEmpty(one) && isEmpty(other))) return undefined
  const here = at === '' ? 'the graph' : at
  if (isTensor(one) && isTensor(other)) return differInTensor(one, other, here)
  if (one instanceof Body && other instanceof Body) return differ(one.fields(), other.fields(), at, skipped)
  const [mine, theirs] = [members(one), members(other)]
  if (!mine || !theirs) return `${here}: ${show(one)}, ${show(other)}`
  if (Array.isArray(one) && Array.isArray(other) && one.length !== other.length) {
    return `${here}: ${one.length} of them, ${other.length} of them`
  }
  for (const key of new Set([...mine.keys(), ...theirs.keys()])) {
    if (skipped.includes(key) && !(one instanceof Map)) continue
    const found = differ(mine.get(key), theirs.get(key), at === '' ? key : `${at}.${key}`, skipped)
    if (found !== undefined) return found
  }
  return undefined
}

/** Entries of what has entries: arrays and bytes by position, maps and plain objects by key. */
function members(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (value === undefined) return undefined
  if (Array.isArray(value) || value instanceof Uint8Array) {
    return new Map(Array.from<unknown, [string, unknown]>(value, (each, at) => [String(at), each]))
  }
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [String(key), each]))
  return typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (value instanceof Map && value.size === 0)
}

function isTensor(value: unknown): value is Tensor {
  return typeof value === 'object' && value !== null && 'dtype' in value && 'byteLength' in value
}

function differInTensor(one: Tensor, other: Tensor, at: string): string | undefined {
  const type = ({ dtype, shape }: Tensor): string => `${dtype}[${shape.join(',')}]`
  if (type(one) !== type(other)) return `${at}: ${type(one)}, ${type(other)}`
  if (one.key === other.key) return undefined
  if (one.dtype === 'string') {
    return differ(one.strings, other.strings, at, []) ?? differ(one.rawStrings, other.rawStrings, at, [])
  }
  const [a, b] = [one.data, other.data]
  if (!a || !b) return `${at}: tensor ${one.key}, tensor ${other.key}`
  const place = a.findIndex((byte, index) => byte !== b[index])
  return place < 0 ? undefined : `${at}: byte ${place} is ${a[place]}, ${b[place]}`
}

function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`
  if (value === undefined) return 'nothing'
  return typeof value === 'object' ? 'something' : JSON.stringify(value)
}
