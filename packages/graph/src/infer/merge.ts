// What two types have in common: the result of an If, a carried value of a Loop, the elements of a sequence.
import type { Dim, ValueType } from '../ir.ts'
import type { Fact } from './fact.ts'

type TensorType = Extract<ValueType, { readonly kind: 'tensor' | 'sparse-tensor' }>

const isTensor = (type: ValueType): type is TensorType =>
  type.kind === 'tensor' || type.kind === 'sparse-tensor'

/** The most that holds of both; undefined when they are of different kinds. */
export function mergeTypes(a: ValueType, b: ValueType): ValueType | undefined {
  if (a.kind === 'map' || b.kind === 'map') {
    if (a.kind !== 'map' || b.kind !== 'map' || a.key !== b.key) return undefined
    const value = mergeTypes(a.value, b.value)
    return value && { kind: 'map', key: a.key, value }
  }
  if (a.kind === 'sequence' || a.kind === 'optional') {
    const element = b.kind === a.kind ? mergeTypes(a.element, b.element) : undefined
    return element && { kind: a.kind, element }
  }
  if (b.kind !== a.kind || !isTensor(a) || !isTensor(b)) return undefined
  const shape = mergeShapes(a.shape, b.shape)
  return {
    kind: a.kind,
    ...(a.dtype !== undefined && a.dtype === b.dtype ? { dtype: a.dtype } : {}),
    ...(shape ? { shape } : {}),
  }
}

function mergeShapes(
  a: readonly Dim[] | undefined,
  b: readonly Dim[] | undefined,
): readonly Dim[] | undefined {
  if (!a || !b || a.length !== b.length) return undefined
  return a.map((dim, at) => (dim === b[at] ? dim : null))
}

/** The most that holds of both facts, elements included. */
export function mergeFacts(a: Fact, b: Fact): Fact {
  const type = a.type && b.type ? mergeTypes(a.type, b.type) : undefined
  if (!type) return {}
  const both = b.elements
  const elements = both && a.elements?.map((each, at) => (each === both[at] ? each : null))
  const concrete = type.kind === 'tensor' && type.shape?.every(dim => typeof dim === 'number')
  return elements && concrete ? { type, elements } : { type }
}

/**
 * An inferred type completed by a declared one: the declaration fills what is unknown. `conflict` tells where the two
 * contradict each other; there the inferred one stays.
 */
export function refineType(
  inferred: ValueType | undefined,
  declared: ValueType | undefined,
): { readonly type?: ValueType; readonly conflict?: string } {
  if (!inferred) return declared ? { type: declared } : {}
  if (!declared) return { type: inferred }
  const [a, b] = [inferred, declared]
  if (a.kind !== b.kind) return { type: a, conflict: `a ${b.kind} is declared, a ${a.kind} comes out` }
  if (a.kind === 'sequence' || a.kind === 'optional') {
    const inner = b.kind === a.kind ? refineType(a.element, b.element) : {}
    return { ...inner, type: { kind: a.kind, element: inner.type ?? a.element } }
  }
  if (!isTensor(a) || !isTensor(b)) return { type: a }
  const dtype = a.dtype ?? b.dtype
  const clash =
    a.dtype && b.dtype && a.dtype !== b.dtype ? `${b.dtype} is declared, ${a.dtype} comes out` : undefined
  const { shape, conflict } = refineShape(a.shape, b.shape)
  const problem = clash ?? conflict
  return {
    type: { kind: a.kind, ...(dtype ? { dtype } : {}), ...(shape ? { shape } : {}) },
    ...(problem === undefined ? {} : { conflict: problem }),
  }
}

function refineShape(
  inferred: readonly Dim[] | undefined,
  declared: readonly Dim[] | undefined,
): { readonly shape?: readonly Dim[]; readonly conflict?: string } {
  if (!inferred || !declared) {
    const shape = inferred ?? declared
    return shape ? { shape } : {}
  }
  const texts = [declared, inferred].map(shape => `[${shape.map(dim => dim ?? '?').join(', ')}]`)
  const conflict = `shape ${texts[0]} is declared, ${texts[1]} comes out`
  if (inferred.length !== declared.length) return { shape: inferred, conflict }
  const clash = inferred.some((dim, at) => {
    const other = declared[at]
    return typeof dim === 'number' && typeof other === 'number' && dim !== other
  })
  const shape = inferred.map((dim, at) => refineDim(dim, declared[at] ?? null))
  return clash ? { shape, conflict } : { shape }
}

/** A number beats an expression, an expression in named sizes beats one with an anonymous size (`?`). */
function refineDim(inferred: Dim, declared: Dim): Dim {
  if (typeof inferred === 'number' || declared === null) return inferred
  if (typeof declared === 'number' || inferred === null) return declared
  return inferred.includes('?') ? declared : inferred
}
