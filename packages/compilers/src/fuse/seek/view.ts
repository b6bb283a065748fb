// What recognition asks of a graph: shapes, small contents, producers and users of values, as seen from one body. Every
// answer is certain or undefined.
import {
  attributeOf,
  intOf,
  intsOf,
  resolve,
  Value,
  type DataType,
  type Dim,
  type Inference,
  type Node,
  type Scope,
} from '@damson/graph'

export class View {
  readonly scope: Scope
  readonly opset: number
  readonly #elements: Inference['elements']

  constructor(scope: Scope, opset: number, elements: Inference['elements']) {
    this.scope = scope
    this.opset = opset
    this.#elements = elements
  }

  /** The node of this body that makes a value; those of bodies around it stay out of reach. */
  producer(name: string): Node | undefined {
    const node = this.scope.body.producer(name)
    return node?.domain === '' ? node : undefined
  }

  shape(name: string): readonly Dim[] | undefined {
    return new Value(name, this.scope).shape
  }

  dtype(name: string): DataType | undefined {
    return new Value(name, this.scope).dtype
  }

  /** Elements of a small integer or float tensor, as far as they are known. */
  elements(name: string): readonly Dim[] | undefined {
    const path = resolve(this.scope, name)?.path ?? this.scope.path
    return this.#elements.get(path === '' ? name : `${path}/${name}`)
  }

  isConstant(name: string): boolean {
    return new Value(name, this.scope).tensor !== undefined
  }

  /** The number in a tensor of one element. */
  scalar(name: string): number | undefined {
    const all = this.elements(name)
    const [first] = all ?? []
    return all?.length === 1 && typeof first === 'number' ? first : undefined
  }

  /**
   * Nodes of this body that read a value, but for those that only measure it; undefined when it is also a graph output or
   * captured by a nested body.
   */
  readers(name: string): readonly Node[] | undefined {
    const uses = this.scope.body.users(name)
    if (this.scope.body.isOutput(name) || uses.some(use => use.input === undefined)) return undefined
    return [...new Set(uses.map(use => use.node))].filter(node => !isMeasure(node))
  }

  /** The axis of a node, counted from the front; the fallback is ONNX's default. */
  axis(node: Node, fallback: number): number | undefined {
    const axis = intOf(node, 'axis', fallback)
    if (axis >= 0) return axis
    const rank = this.shape(node.inputs[0] ?? '')?.length
    return rank === undefined ? undefined : axis + rank
  }

  /** The order of a Transpose; the default reverses. */
  perm(node: Node): readonly number[] | undefined {
    const rank = this.shape(node.inputs[0] ?? '')?.length
    const reversed = rank === undefined ? undefined : Array.from({ length: rank }, (_, at) => rank - 1 - at)
    return attributeOf(node, 'perm') ? intsOf(node, 'perm', undefined) : reversed
  }

  /** True for nodes whose output is their first input: Identity, a Cast to the same type, a Concat of one. */
  passes(node: Node): boolean {
    const [from = '', ...others] = node.inputs
    if (node.op === 'Identity') return true
    if (node.op === 'Concat') return others.length === 0
    const type = this.dtype(from)
    return node.op === 'Cast' && type !== undefined && type === this.dtype(node.outputs[0] ?? '')
  }
}

/** Operators that keep the order of the elements. */
export const regrouping: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'Reshape',
  'Squeeze',
  'Unsqueeze',
  'Flatten',
])

/** Shape and Size: what they say of a value is not in its elements. */
export function isMeasure({ op, domain }: Node): boolean {
  return domain === '' && (op === 'Shape' || op === 'Size')
}
