// What stands in each place along the last dimensions of a value, in terms of the values that it was made of. Rotations are
// written with Slice, Split, Neg, Concat, Reshape and Gather in many orders; lane by lane all of them say
//   y[i] = x[i]·cos[k] − x[j]·sin[k]
import type { View } from '../seek/view.ts'

/** A product of symbols: `q_proj#3`, the fourth lane of a value. */
export interface Term {
  readonly coefficient: number
  readonly symbols: readonly string[]
}

/** A sum of products. */
export type Lane = readonly Term[]

/** The lanes of a value over its last dimensions, which are `trail`, in row-major order. */
export interface Lanes {
  readonly lanes: readonly Lane[]
  readonly trail: readonly number[]
}

const maxLanes = 16_384

const symbolOf = (name: string, lane: number): string => `${name}#${lane}`

/** The value that a symbol is a lane of. */
export const valueOf = (symbol: string): string => symbol.slice(0, symbol.lastIndexOf('#'))

const keyOf = (lane: Lane): string =>
  lane.map(({ coefficient, symbols }) => `${coefficient} ${symbols.join(' ')}`).join(' + ')

/** A value whose making is not looked into; lanes that `like` knows to be equal have one symbol. */
export function leaf(view: View, name: string, like?: Lanes): Lanes | undefined {
  const size = view.shape(name)?.at(-1)
  if (typeof size !== 'number' || size > maxLanes) return undefined
  const keys = like?.lanes.length === size ? like.lanes.map(keyOf) : undefined
  const first = new Map<string, number>()
  const lanes = Array.from({ length: size }, (_, at): Lane => {
    const key = keys?.[at] ?? String(at)
    if (!first.has(key)) first.set(key, at)
    return [{ coefficient: 1, symbols: [symbolOf(name, first.get(key) ?? at)] }]
  })
  return { lanes, trail: [size] }
}

export function scaled({ lanes, trail }: Lanes, by: number): Lanes {
  return {
    trail,
    lanes: lanes.map(lane =>
      lane.map(({ coefficient, symbols }) => ({ coefficient: coefficient * by, symbols })),
    ),
  }
}

export function sum(a: Lanes, b: Lanes): Lanes {
  return { trail: a.trail, lanes: a.lanes.map((lane, at) => [...lane, ...(b.lanes[at] ?? [])]) }
}

export function product(a: Lanes, b: Lanes): Lanes {
  const multiply = (x: Lane, y: Lane): Lane =>
    x.flatMap(p =>
      y.map(q => ({
        coefficient: p.coefficient * q.coefficient,
        symbols: [...p.symbols, ...q.symbols].sort(),
      })),
    )
  return { trail: a.trail, lanes: a.lanes.map((lane, at) => multiply(lane, b.lanes[at] ?? [])) }
}

/** The same lanes over the last dimensions of another shape; undefined when they do not come out even. */
export function retrailed({ lanes }: Lanes, shape: readonly (number | string | null)[]): Lanes | undefined {
  const trail: number[] = []
  let count = 1
  for (let at = shape.length - 1; at >= 0 && count < lanes.length; at--) {
    const size = shape[at]
    if (typeof size !== 'number' || size === 0) break
    trail.unshift(size)
    count *= size
  }
  return count === lanes.length ? { lanes, trail } : undefined
}

/** Lanes chosen along one of the trailing dimensions. */
export function picked({ lanes, trail }: Lanes, axis: number, places: readonly number[]): Lanes {
  const size = trail[axis] ?? 1
  const inner = trail.slice(axis + 1).reduce((a, b) => a * b, 1)
  const outer = lanes.length / (size * inner)
  const chosen: Lane[] = []
  for (let o = 0; o < outer; o++)
    for (const place of places) {
      const start = (o * size + place) * inner
      chosen.push(...lanes.slice(start, start + inner))
    }
  return { lanes: chosen, trail: trail.map((each, at) => (at === axis ? places.length : each)) }
}

/** Several joined along one of the trailing dimensions; their others agree. */
export function joined(all: readonly Lanes[], axis: number): Lanes | undefined {
  const [first] = all
  if (!first || axis < 0) return undefined
  const alike = all.every(
    ({ trail }) =>
      trail.length === first.trail.length &&
      trail.every((size, at) => at === axis || size === first.trail[at]),
  )
  if (!alike) return undefined
  const inner = first.trail.slice(axis + 1).reduce((a, b) => a * b, 1)
  const outer = first.trail.slice(0, axis).reduce((a, b) => a * b, 1)
  const lanes: Lane[] = []
  for (let o = 0; o < outer; o++)
    for (const each of all) {
      const run = (each.trail[axis] ?? 1) * inner
      lanes.push(...each.lanes.slice(o * run, (o + 1) * run))
    }
  const total = all.reduce((count, { trail }) => count + (trail[axis] ?? 0), 0)
  return { lanes, trail: first.trail.map((size, at) => (at === axis ? total : size)) }
}

/** Lanes of two operands brought to one trail, as broadcasting does; `shapes` are those of the operands. */
export function broadcast(
  a: Lanes,
  b: Lanes,
  shapes: readonly [readonly unknown[], readonly unknown[]],
): readonly [Lanes, Lanes] | undefined {
  const length = Math.max(a.trail.length, b.trail.length)
  const [x, y] = [lengthened(a, length, shapes[0]), lengthened(b, length, shapes[1])]
  if (!x || !y) return undefined
  const trail = x.trail.map((size, at) => Math.max(size, y.trail[at] ?? 1))
  const [p, q] = [repeated(x, trail), repeated(y, trail)]
  return p && q ? [p, q] : undefined
}

/** With dimensions of 1 in front, where the shape has them or ends. */
function lengthened({ lanes, trail }: Lanes, length: number, shape: readonly unknown[]): Lanes | undefined {
  const missing = length - trail.length
  for (let at = 0; at < missing; at++) {
    const size = shape[shape.length - trail.length - 1 - at]
    if (size !== undefined && size !== 1) return undefined
  }
  return { lanes, trail: [...Array.from({ length: missing }, () => 1), ...trail] }
}

function repeated(from: Lanes, trail: readonly number[]): Lanes | undefined {
  return trail.reduce<Lanes | undefined>((lanes, size, axis) => {
    const own = lanes?.trail[axis]
    if (!lanes || own === size) return lanes
    return own === 1
      ? picked(
          lanes,
          axis,
          Array.from({ length: size }, () => 0),
        )
      : undefined
  }, from)
}
