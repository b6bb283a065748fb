// Format `qoperator`: quantized operators in the place of float ones between pairs, for whatever does not fuse pairs by itself.
//   DequantizeLinear(x), DequantizeLinear(w) → Conv → Relu → QuantizeLinear   becomes   QLinearConv(x, w)
// Codes and ranges are those of the pairs. What has no quantized operator keeps its pairs, and is named.
import { cpuKernelsOf, Draft, intsOf, numbers, type Attribute, type Graph, type Node } from '@damson/graph' // prettier-ignore
import { withMicrosoft } from '../replace-weights.ts'
import { halfEven } from './codes.ts'
import type { IntegerNode } from './integer-nodes.ts'

export interface Operators {
  readonly graph: Graph
  /** Nodes that keep their pairs. */
  readonly paired: readonly Node[]
}

/** Names of codes and of what they mean; of a bias without zero point `zero` is ''. */
interface Coded {
  readonly codes: string
  readonly scale: string
  readonly zero: string
}

/** A node with its pairs. */
interface Site {
  readonly node: Node
  /** By input; undefined for what is not coded. */
  readonly inputs: readonly (Coded | undefined)[]
  readonly output: Coded | undefined
  /** The Relu or Clip and the QuantizeLinear behind it, which go. */
  readonly behind: readonly Node[]
}

type Fields = Pick<Node, 'op' | 'domain' | 'inputs' | 'attributes'>

/** The graph of `withPairs` with operators in the place of the pairs of these nodes. */
export function withOperators(graph: Graph, nodes: readonly IntegerNode[]): Operators {
  const draft = new Draft(graph)
  const read = new Set<string>()
  const paired = nodes.filter(each => {
    const site = siteOf(draft, each)
    const fields = site && operatorOf(draft, site, graph.opset())
    if (!site || !fields) return true
    for (const value of [...site.node.inputs, each.output]) read.add(value)
    for (const node of site.behind) draft.remove(node)
    draft.replace(site.node, { ...fields, ...(site.output ? { outputs: [site.output.codes] } : {}) })
    return false
  })
  for (const value of read) removeUnread(draft, value)
  const { initializers, types, nodes: made } = draft.finish()
  return { graph: withMicrosoft(graph.with({ nodes: made, initializers, types })), paired: paired.map(({ node }) => node) }
} // prettier-ignore

/** Where a node stands among its pairs; undefined where codes could not say what its Relu or Clip does. */
function siteOf(draft: Draft, { node: { op }, output, codesOutput }: IntegerNode): Site | undefined {
  const decoded = codesOutput ? decodedFrom(draft, output) : undefined
  const coder = decoded && draft.producer(decoded.codes)
  const last = codesOutput ? draft.producer(coder?.inputs[0] ?? '') : draft.producer(output)
  if (!last || (codesOutput && coder?.op !== 'QuantizeLinear')) return undefined
  const clipping = last.op === op ? undefined : last
  const node = clipping ? draft.producer(clipping.inputs[0] ?? '') : last
  if (node?.op !== op || (clipping && decoded && !isSaturation(draft, clipping, decoded))) return undefined
  const behind = [clipping, coder].filter(each => each !== undefined)
  return { node, inputs: node.inputs.map(name => decodedFrom(draft, name)), output: decoded, behind }
}

function decodedFrom(draft: Draft, value: string): Coded | undefined {
  const node = draft.producer(value)
  if (node?.op !== 'DequantizeLinear') return undefined
  const [codes = '', scale = '', zero = ''] = node.inputs
  return { codes, scale, zero }
}

/** True if the least and the greatest code are what the bounds of a Relu or Clip are coded as: then saturating does the same. */
function isSaturation(draft: Draft, { op, inputs }: Node, { scale, zero }: Coded): boolean {
  const single = (name = ''): number | undefined => {
    const tensor = draft.tensor(name)
    return tensor && numbers(tensor)?.[0]
  }
  const [step = 1, middle = 0] = [single(scale), single(zero)]
  const [least, greatest] = draft.tensor(zero)?.dtype === 'int8' ? [-128, 127] : [0, 255]
  const codeOf = (bound: number): number => halfEven(Math.fround(bound / step)) + middle
  const [from, to] = op === 'Relu' ? [0, undefined] : [single(inputs[1]), single(inputs[2])]
  return (from === undefined || codeOf(from) <= least) && (to === undefined || codeOf(to) >= greatest)
}

/** The quantized operator for a node between pairs; undefined where there is none. */
function operatorOf(draft: Draft, site: Site, opset: number): Fields | undefined {
  const type = draft.tensor(site.inputs.find(each => each !== undefined)?.zero ?? '')?.dtype
  if (type !== 'int8' && type !== 'uint8') return undefined
  const moved = movedCodes(site, opset, type)
  return moved ?? operators[site.node.op]?.(site)
}

/** A node that only moves numbers moves codes. */
function movedCodes({ node, inputs: [input], output }: Site, opset: number, type: string): Fields | undefined {
  const { op, domain, attributes, inputs } = node
  if (!output || input?.scale !== output.scale || input.zero !== output.zero) return undefined
  const moves = cpuKernelsOf('', op, opset).some(({ types }) => (types.get('T') ?? types.get('T1'))?.includes(`tensor(${type})`))
  return moves ? { op, domain, attributes, inputs: [input.codes, ...inputs.slice(1)] } : undefined
} // prettier-ignore

const microsoft = 'com.microsoft'
const all = ({ codes, scale, zero }: Coded): readonly string[] => [codes, scale, zero]

/** Operators by what they stand for. Products of matrices have a float output, as their kernels behind pairs have. */
const operators: Readonly<Record<string, (site: Site) => Fields | undefined>> = {
  Conv: ({ node: { inputs: [, , bias = ''], attributes }, inputs: [x, w, b], output: y }) => {
    if (!x || !w || !y || (bias !== '' && !b)) return undefined
    return { op: 'QLinearConv', domain: '', attributes, inputs: [...all(x), ...all(w), y.scale, y.zero, ...(b ? [b.codes] : [])] }
  },
  MatMul: ({ inputs: [x, w] }) => x && w && {
    op: 'MatMulIntegerToFloat', domain: microsoft, attributes: new Map(),
    inputs: [x.codes, w.codes, x.scale, w.scale, x.zero, w.zero],
  },
  Gemm: ({ node: { inputs: [, , bias = ''], attributes }, inputs: [x, w, b] }) => {
    if (!x || !w || (bias !== '' && !b)) return undefined
    return { op: 'QGemm', domain: microsoft, attributes: only(attributes, ['transB']), inputs: [...all(x), ...all(w), ...(b ? [b.codes] : [])] }
  },
  Add: site => joined('QLinearAdd', site),
  Mul: site => joined('QLinearMul', site),
  Concat: ({ node: { attributes, inputs: given }, inputs, output }) => {
    const coded = inputs.filter(each => each !== undefined)
    if (!output || coded.length < given.length) return undefined
    return { op: 'QLinearConcat', domain: microsoft, attributes, inputs: [output.scale, output.zero, ...coded.flatMap(all)] }
  },
  Sigmoid: site => single('QLinearSigmoid', site),
  LeakyRelu: site => single('QLinearLeakyRelu', site),
  GlobalAveragePool: site => single('QLinearGlobalAveragePool', site),
  AveragePool: site => intsOf(site.node, 'dilations', []).every(each => each === 1) ? single('QLinearAveragePool', site, ['dilations']) : undefined,
} // prettier-ignore

function joined(op: string, { inputs: [a, b], output }: Site): Fields | undefined {
  return a && b && output && { op, domain: microsoft, attributes: new Map(), inputs: [...all(a), ...all(b), output.scale, output.zero] }
} // prettier-ignore

function single(op: string, { node, inputs: [x], output }: Site, without: readonly string[] = []): Fields | undefined {
  const kept = [...node.attributes.keys()].filter(name => !without.includes(name))
  return x && output && { op, domain: microsoft, attributes: only(node.attributes, kept), inputs: [...all(x), output.scale, output.zero] }
} // prettier-ignore

function only(attributes: Node['attributes'], names: readonly string[]): ReadonlyMap<string, Attribute> {
  return new Map([...attributes].filter(([name]) => names.includes(name)))
}

/** Takes away what decodes a value that nobody reads, and the constants that only it read. */
function removeUnread(draft: Draft, value: string): void {
  const node = draft.producer(value)
  if (node?.op !== 'DequantizeLinear' || draft.users(value).length > 0 || draft.isOutput(value)) return
  draft.remove(node)
  for (const name of node.inputs)
    if (draft.initializers.has(name) && draft.users(name).length === 0) draft.removeInitializer(name)
}
