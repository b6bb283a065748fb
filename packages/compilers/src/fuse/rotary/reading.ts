// Reads the lanes of values out of a graph: sums of products of values that are only moved. Arithmetic below that stays closed,
// so that what is rotated is a value as it stands, however it was computed.
import { Value, numbers, type Node } from '@damson/graph'
import { factorOf } from '../attention/heads.ts'
import { regrouping, type View } from '../seek/view.ts'
import { broadcast, joined, leaf, picked, product, retrailed, scaled, sum, type Lanes } from './lanes.ts'

/** How much arithmetic may still come: a sum, the products in it, only movement. */
type Depth = 'sum' | 'product' | 'move'

export interface Multiplied {
  readonly node: Node
  readonly operands: readonly [string, string]
  readonly lanes: readonly [Lanes, Lanes]
}

const maxNodes = 200

export class Reading {
  /** The products that were met. */
  readonly products: Multiplied[] = []
  /** Nodes that were looked into. */
  readonly nodes = new Set<Node>()
  readonly #view: View
  readonly #closed: string | undefined

  /** `closed`: a value that is not looked into. */
  constructor(view: View, closed?: string) {
    this.#view = view
    this.#closed = closed
  }

  of(name: string, depth: Depth = 'sum'): Lanes | undefined {
    const view = this.#view
    const node = name === this.#closed ? undefined : view.producer(name)
    if (!node || view.isConstant(name) || this.nodes.size > maxNodes) return this.#leaf(name)
    const found = this.#inside(name, node, depth)
    if (found) this.nodes.add(node)
    return found ?? this.#leaf(name)
  }

  #inside(name: string, node: Node, depth: Depth): Lanes | undefined {
    const [a = '', b = ''] = node.inputs
    const factor = factorOf(this.#view, node)
    if (factor) {
      const of = this.of(factor.of, depth)
      return of && scaled(of, factor.by)
    }
    if (depth === 'sum' && (node.op === 'Add' || node.op === 'Sub')) {
      const both = this.#pair([a, b], 'product')
      return both && sum(both[0], node.op === 'Sub' ? scaled(both[1], -1) : both[1])
    }
    if (depth !== 'move' && node.op === 'Mul') {
      const both = this.#pair([a, b], 'move')
      if (both) this.products.push({ node, operands: [a, b], lanes: both })
      return both && product(both[0], both[1])
    }
    return this.#moved(name, node, depth)
  }

  #pair([a, b]: readonly [string, string], depth: Depth): readonly [Lanes, Lanes] | undefined {
    const [x, y] = [this.of(a, depth), this.of(b, depth)]
    const shapes = [this.#view.shape(a), this.#view.shape(b)] as const
    return x && y && shapes[0] && shapes[1] && broadcast(x, y, [shapes[0], shapes[1]])
  }

  #moved(name: string, node: Node, depth: Depth): Lanes | undefined {
    const view = this.#view
    const [input = ''] = node.inputs
    const shape = view.shape(name)
    const of = (): Lanes | undefined => this.of(input, depth)
    if (view.passes(node)) return of()
    if (node.op === 'Neg') {
      const lanes = of()
      return lanes && scaled(lanes, -1)
    }
    if (regrouping.has(node.op)) {
      const lanes = of()
      return lanes && shape && retrailed(lanes, shape)
    }
    if (node.op === 'Concat') return this.#concatenated(node, depth)
    if (node.op === 'Slice' || node.op === 'Split' || node.op === 'Gather')
      return this.#chosen(name, node, depth)
    return rowwise.has(node.op) && depth === 'move' ? this.#alike(name, input) : undefined
  }

  #concatenated(node: Node, depth: Depth): Lanes | undefined {
    const view = this.#view
    const parts = node.inputs.map(input => this.of(input, depth))
    const known = parts.filter(part => part !== undefined)
    const rank = view.shape(node.outputs[0] ?? '')?.length
    const axis = view.axis(node, 0)
    const [first] = known
    if (known.length < parts.length || rank === undefined || axis === undefined || !first) return undefined
    return joined(known, first.trail.length - (rank - axis))
  }

  /** Slice, Split and Gather along the lanes; along other dimensions they leave lanes alike. */
  #chosen(name: string, node: Node, depth: Depth): Lanes | undefined {
    const view = this.#view
    const [input = ''] = node.inputs
    const rank = view.shape(input)?.length
    const choice = choiceOf(view, node, name)
    if (!choice || rank === undefined)
      return depth === 'move' && node.op === 'Gather' ? this.#alike(name, input) : undefined
    const lanes = this.of(input, depth)
    const axis = (lanes?.trail.length ?? 0) - (rank - choice.axis)
    if (!lanes) return undefined
    if (axis < 0) return depth === 'move' ? this.#alike(name, input) : undefined
    const chosen = picked(lanes, axis, choice.places)
    const shape = view.shape(name)
    return shape && retrailed(chosen, shape)
  }

  #alike(name: string, input: string): Lanes | undefined {
    const like = this.of(input, 'move')
    return leaf(this.#view, name, like && like.trail.length === 1 ? like : undefined)
  }

  #leaf(name: string): Lanes | undefined {
    const { tensor } = new Value(name, this.#view.scope)
    const all = tensor && numbers(tensor)
    const size = tensor?.shape.at(-1) ?? 0
    if (!all || size === 0 || tensor.shape.length < 2) return leaf(this.#view, name)
    const columns = Array.from({ length: size }, (): number[] => [])
    for (let at = 0; at < all.length; at++) columns[at % size]?.push(all[at] ?? 0)
    const like = {
      trail: [size],
      lanes: columns.map(column => [{ coefficient: 1, symbols: [column.join()] }]),
    }
    return leaf(this.#view, name, like)
  }
}

/** Element by element, or along other dimensions: equal lanes stay equal. */
const rowwise: ReadonlySet<string> = new Set(['Cos', 'Sin', 'Cast', 'Expand', 'Tile'])

interface Choice {
  readonly axis: number
  readonly places: readonly number[]
}

function choiceOf(view: View, node: Node, name: string): Choice | undefined {
  if (node.op === 'Slice') return sliceOf(view, node)
  const axis = view.axis(node, 0)
  if (axis === undefined) return undefined
  if (node.op === 'Split') return splitOf(view, node, name, axis)
  const places = view.elements(node.inputs[1] ?? '')?.filter(each => typeof each === 'number')
  const size = view.shape(node.inputs[0] ?? '')?.[axis]
  if (!places || places.length !== view.elements(node.inputs[1] ?? '')?.length || typeof size !== 'number')
    return undefined
  return { axis, places: places.map(place => (place < 0 ? place + size : place)) }
}

function splitOf(view: View, { outputs }: Node, name: string, axis: number): Choice | undefined {
  const sizes = outputs.map(output => view.shape(output)?.[axis])
  const known = sizes.filter(size => typeof size === 'number')
  const at = outputs.indexOf(name)
  if (known.length < sizes.length) return undefined
  const start = known.slice(0, at).reduce((a, b) => a + b, 0)
  return { axis, places: Array.from({ length: known[at] ?? 0 }, (_, place) => start + place) }
}

function sliceOf(view: View, { inputs }: Node): Choice | undefined {
  const [starts, ends, axes, steps] = [1, 2, 3, 4].map(at => numbersIn(view, inputs[at] ?? ''))
  const shape = view.shape(inputs[0] ?? '')
  const [start] = starts ?? []
  const [end] = ends ?? []
  if (!shape || start === undefined || end === undefined || starts?.length !== 1) return undefined
  const given = axes?.[0] ?? 0
  const axis = given < 0 ? given + shape.length : given
  const size = shape[axis]
  const step = inputs[4] ? steps?.[0] : 1
  if (typeof size !== 'number' || step === undefined || step < 1 || (inputs[3] && !axes)) return undefined
  const clamp = (place: number): number => Math.min(Math.max(place < 0 ? place + size : place, 0), size)
  const places: number[] = []
  for (let place = clamp(start); place < clamp(end); place += step) places.push(place)
  return { axis, places }
}

function numbersIn(view: View, name: string): readonly number[] | undefined {
  const all = name === '' ? undefined : view.elements(name)
  const known = all?.filter(each => typeof each === 'number')
  return known?.length === all?.length ? known : undefined
}
