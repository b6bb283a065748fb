// ONNX as immutable values. Names tie nodes together as in the file format; a Body indexes who makes and who uses each
// name. A change makes a new Body that shares what did not change, weights above all. Editing is done on a Draft.
import type { DataType } from './dtype.ts'
import type { Tensor } from './tensor.ts'
import { indexUses, type UseIndex } from './uses.ts'

/** A dimension: a size, a symbolic name or expression (`batch`, `2*s25`), or null when nothing is known. */
export type Dim = number | string | null

/** The type of a value. `shape` is absent when not even the rank is known. */
export type ValueType =
  | { readonly kind: 'tensor' | 'sparse-tensor'; readonly dtype?: DataType; readonly shape?: readonly Dim[] }
  | { readonly kind: 'sequence' | 'optional'; readonly element: ValueType }
  | { readonly kind: 'map'; readonly key: DataType; readonly value: ValueType }

/** What the format holds and damson does not interpret (unknown fields, denotations …); carried through unchanged. */
export type Extra = object

/** Name, type and notes of a graph input, output or inner value. */
export interface ValueInfo {
  readonly name: string
  readonly type?: ValueType
  readonly doc?: string
  readonly metadata?: ReadonlyMap<string, string>
  readonly extra?: Extra
}

/** A weight of the graph. `origins`: names of the original initializers that it came from; none if it is new. */
export interface Initializer {
  readonly name: string
  readonly tensor: Tensor
  readonly origins: readonly string[]
  readonly doc?: string
  readonly metadata?: ReadonlyMap<string, string>
  readonly extra?: Extra
}

/** Coordinate-format weight: `values` [nnz], `indices` [nnz] linear or [nnz, rank]. */
export interface SparseTensor {
  readonly shape: readonly number[]
  readonly values: Tensor
  readonly indices: Tensor
}

/** An attribute. Integers are bigint (int64 in the format); strings that are not UTF-8 stay bytes. */
export type Attribute =
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'floats'; readonly value: readonly number[] }
  | { readonly type: 'int'; readonly value: bigint }
  | { readonly type: 'ints'; readonly value: readonly bigint[] }
  | { readonly type: 'string'; readonly value: string | Uint8Array }
  | { readonly type: 'strings'; readonly value: readonly (string | Uint8Array)[] }
  | { readonly type: 'tensor'; readonly value: Tensor }
  | { readonly type: 'tensors'; readonly value: readonly Tensor[] }
  | { readonly type: 'sparse-tensor'; readonly value: SparseTensor }
  | { readonly type: 'sparse-tensors'; readonly value: readonly SparseTensor[] }
  | { readonly type: 'graph'; readonly value: Body }
  | { readonly type: 'graphs'; readonly value: readonly Body[] }
  | { readonly type: 'type'; readonly value: ValueType }
  | { readonly type: 'types'; readonly value: readonly ValueType[] }
  /** Inside a function: the attribute of the calling node with this name. `of` is its type. */
  | { readonly type: 'reference'; readonly of: AttributeKind; readonly value: string }

export type AttributeKind =
  | 'float' | 'floats' | 'int' | 'ints' | 'string' | 'strings' | 'tensor' | 'tensors' | 'sparse-tensor' | 'sparse-tensors'
  | 'graph' | 'graphs' | 'type' | 'types' // prettier-ignore

/** One operator call. An absent optional input or output is `''`. Identity is the object: edits make new ones. */
export interface Node {
  readonly op: string
  /** `''` is the ONNX domain (the spelling `ai.onnx` is normalised to it on reading). */
  readonly domain: string
  readonly overload?: string
  readonly name: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: ReadonlyMap<string, Attribute>
  /** Identities of the original nodes it came from (`nodeIdentity`); none for what damson added (casts, Q/DQ, If). */
  readonly origins: readonly string[]
  readonly doc?: string
  readonly metadata?: ReadonlyMap<string, string>
  readonly extra?: Extra
}

/** A model-local function (IR 8 and later): a body whose attributes are references. */
export interface FunctionDefinition {
  readonly name: string
  readonly domain: string
  readonly overload?: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Attributes without default, by name; and those with one. */
  readonly attributes: readonly string[]
  readonly defaults: ReadonlyMap<string, Attribute>
  readonly nodes: readonly Node[]
  readonly types: ReadonlyMap<string, ValueInfo>
  readonly opsets: ReadonlyMap<string, number>
  readonly doc?: string
  readonly metadata?: ReadonlyMap<string, string>
  readonly extra?: Extra
}

/** What stands above the top graph in a file. */
export interface Header {
  readonly irVersion: number
  /** Domain to version; `''` is ONNX. */
  readonly opsets: ReadonlyMap<string, number>
  readonly functions: readonly FunctionDefinition[]
  readonly producer?: { readonly name: string; readonly version: string }
  readonly domain?: string
  readonly modelVersion?: bigint
  readonly doc?: string
  readonly metadata?: ReadonlyMap<string, string>
  readonly extra?: Extra
}

/** One use of a value: an input slot of a node, or (`input` undefined) a name captured by a body nested in the node. */
export interface Use {
  readonly node: Node
  readonly input?: number
}

export interface BodyFields {
  readonly name: string
  /** As in the file: initializers may be listed too (IR 3); `requiredInputs` leaves them out. */
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  readonly initializers: ReadonlyMap<string, Initializer>
  readonly sparseInitializers?: ReadonlyMap<string, SparseTensor>
  readonly nodes: readonly Node[]
  /** Types of inner values: value_info as read, extended by inference. */
  readonly types?: ReadonlyMap<string, ValueInfo>
  readonly doc?: string
  readonly metadata?: ReadonlyMap<string, string>
  readonly extra?: Extra
}

/** A graph without header: the body of an `If`, `Loop` or `Scan`, or the fields of a top graph. Nodes stand in topological order. */
export class Body {
  readonly name: string
  readonly inputs: readonly ValueInfo[]
  readonly outputs: readonly ValueInfo[]
  readonly initializers: ReadonlyMap<string, Initializer>
  readonly sparseInitializers: ReadonlyMap<string, SparseTensor>
  readonly nodes: readonly Node[]
  readonly types: ReadonlyMap<string, ValueInfo>
  readonly doc: string | undefined
  readonly metadata: ReadonlyMap<string, string> | undefined
  readonly extra: Extra | undefined
  #index: UseIndex | undefined

  constructor(fields: BodyFields) {
    this.name = fields.name
    this.inputs = fields.inputs
    this.outputs = fields.outputs
    this.initializers = fields.initializers
    this.sparseInitializers = fields.sparseInitializers ?? new Map()
    this.nodes = fields.nodes
    this.types = fields.types ?? new Map()
    this.doc = fields.doc
    this.metadata = fields.metadata
    this.extra = fields.extra
  }

  /** A copy with some fields changed. */
  with(changes: Partial<BodyFields>): Body {
    return new Body({ ...this.fields(), ...changes })
  }

  /** The node whose output has this name, in this body only. */
  producer(name: string): Node | undefined {
    return this.#uses().producers.get(name)
  }

  /** Every use of a name by nodes of this body; uses as graph output are not among them (`isOutput`). */
  users(name: string): readonly Use[] {
    return this.#uses().users.get(name) ?? []
  }

  /** Names used in this body or its nested bodies that it does not define. */
  captures(): ReadonlySet<string> {
    return this.#uses().captures
  }

  /** False where several nodes have this name, as some exporters make them. */
  isNodeName(name: string): boolean {
    return name !== '' && !this.#uses().repeated.has(name)
  }

  isInput(name: string): boolean {
    return this.#uses().inputs.has(name)
  }

  isOutput(name: string): boolean {
    return this.outputs.some(output => output.name === name)
  }

  /** Inputs that a caller must feed: those without an initializer. */
  requiredInputs(): readonly ValueInfo[] {
    return this.inputs.filter(
      ({ name }) => !this.initializers.has(name) && !this.sparseInitializers.has(name),
    )
  }

  /** The constant behind a name: an initializer, or the `value` of a Constant node (other Constant forms: `constantTensor`). */
  tensor(name: string): Tensor | undefined {
    const initializer = this.initializers.get(name)
    if (initializer) return initializer.tensor
    const node = this.producer(name)
    const value = node?.op === 'Constant' && node.domain === '' ? node.attributes.get('value') : undefined
    return value?.type === 'tensor' ? value.value : undefined
  }

  /** What is known of a value's type: declared, noted, or that of its constant. */
  typeOf(name: string): ValueType | undefined {
    const tensor = this.tensor(name)
    if (tensor) return { kind: 'tensor', dtype: tensor.dtype, shape: tensor.shape }
    const declared = this.#uses().declared.get(name)?.type
    return declared ?? this.types.get(name)?.type
  }

  /** What it is made of, to make another: `new Graph({ ...body.fields(), header })`. */
  fields(): BodyFields {
    const { name, inputs, outputs, initializers, sparseInitializers, nodes, types, doc, metadata, extra } =
      this
    return {
      name, inputs, outputs, initializers, sparseInitializers, nodes, types,
      ...(doc === undefined ? {} : { doc }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(extra === undefined ? {} : { extra }),
    } // prettier-ignore
  }

  #uses(): UseIndex {
    this.#index ??= indexUses(this)
    return this.#index
  }
}

/** A whole ONNX model file as a value: a body with its header. A pass is `(graph: Graph) => Graph`. */
export class Graph extends Body {
  readonly header: Header

  constructor(fields: BodyFields & { readonly header: Header }) {
    super(fields)
    this.header = fields.header
  }

  override with(changes: Partial<BodyFields & { readonly header: Header }>): Graph {
    return new Graph({ ...this.fields(), header: this.header, ...changes })
  }

  /** Version of an operator set, `''` being ONNX; 0 when the model does not import it. */
  opset(domain = ''): number {
    return this.header.opsets.get(domain) ?? 0
  }
}
