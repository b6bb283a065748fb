// Which weights dynamic int8 can code, and how each of them lies for the operators that will read it. Where consumers disagree,
// products decide; what does not fit gets the weight decoded, once, when a session is made.
import { elementCount, refuse, type Node, type Refusal, type Visit, type Weight } from '@damson/graph'
import type { MatrixView } from './block-uses.ts'
import { int8Bytes, nodeBytes } from './coded-size.ts'
import type { Int8Choice, Int8Operator } from './int8-choice.ts'
import type { Int8Spec } from './int8-coding.ts'
import { int8UseOf, type Int8Use } from './int8-uses.ts'

export interface Int8Weight {
  readonly weight: Weight
  /** What the codes are made for. */
  readonly use: Int8Use
  readonly spec: Int8Spec
  /** What is done with each consumer that gets an integer operator; the others read the decoded weight. */
  readonly coded: ReadonlyMap<Node, Int8Use>
  readonly decoded: boolean
  /** Nodes that are rewritten beside the consumers: products behind a Transpose, and sums. */
  readonly readers: readonly Visit[]
  /** By product, the sum behind it that becomes part of it. */
  readonly sums?: ReadonlyMap<Node, Visit>
}

/** The weight with its coding, or why it stays in floating point. `gatesAgree`: whether an LSTM has all it takes to be coded. */
export function int8WeightOf(
  weight: Weight,
  choice: Int8Choice,
  gatesAgree: (weight: Weight) => boolean,
): Int8Weight | Refusal {
  const uses = usesOf(weight, choice)
  if ('refused' in uses) return uses
  const ready = uses.map(use => (use.form === 'gates' && !gatesAgree(weight) ? floating(use.op) : use))
  const [main] = ready.toSorted((a, b) => forms.indexOf(a.form) - forms.indexOf(b.form))
  if (!main || main.op === undefined) {
    return refuse(`is used by ${weight.uses[0]?.node.op ?? 'nothing'}, which has no integer operator`, weight)
  }
  const found = coding(weight, ready, main, choice)
  const after = int8Bytes(weight, found.spec) + nodeBytes(weight, main.form === 'table' ? 2 : 6)
  return after < weight.tensor.byteLength ? found : refuse('is so small that it would grow', weight)
}

const forms: readonly Int8Use['form'][] = [
  'product',
  'attention',
  'left',
  'filter',
  'gates',
  'table',
  'decoded',
]

const floating = (op: Int8Operator): Int8Use => ({ form: 'decoded', op })

function usesOf(weight: Weight, { operators, omitted }: Int8Choice): readonly Int8Use[] | Refusal {
  const { tensor, isOutput } = weight
  if (tensor.dtype !== 'float32' && tensor.dtype !== 'float16')
    return refuse(`is ${tensor.dtype}, not float32 or float16`, weight)
  if (isOutput) return refuse('is an output of the graph', weight)
  if (elementCount(tensor.shape) === 0) return refuse('is empty', weight)
  const uses: Int8Use[] = []
  for (const each of weight.uses) {
    const use = int8UseOf(each, weight)
    if ('refused' in use) return use
    if (use.op !== undefined && !operators.includes(use.op))
      return refuse(`belongs to a ${use.op}, ${omitted}`, weight)
    uses.push(use)
  }
  return uses
}

function coding(weight: Weight, uses: readonly Int8Use[], main: Int8Use, choice: Int8Choice): Int8Weight {
  const coded = new Map<Node, Int8Use>()
  let decoded = false
  for (const [at, { node }] of weight.uses.entries()) {
    const use = uses[at]
    const twice = weight.uses.some((other, index) => other.node === node && index !== at)
    if (use && !twice && fits(use, main)) coded.set(node, use)
    else decoded = true
  }
  const kept = [...coded.values()]
  const spec = specOf(weight, main, kept.some(({ form }) => form === 'table'), choice) // prettier-ignore
  const readers = kept.flatMap(use => (use.form === 'product' ? use.readers : []))
  return { weight, use: main, spec, coded, decoded, readers }
}

/** True for a consumer with an integer operator that reads codes which lie as `main` wants them. */
function fits(use: Int8Use, main: Int8Use): boolean {
  if (use.form === 'decoded') return false
  if (use.form === 'gates' && main.form === 'gates') return use.slot === main.slot
  if (!('view' in main) || !('view' in use)) return use.form === main.form
  const stacked = 'stack' in main && main.stack.length > 0
  const same =
    use.view.layout === main.view.layout && use.view.K === main.view.K && use.view.N === main.view.N
  return same && (use.form === 'product' || !stacked)
}

function specOf(weight: Weight, main: Int8Use, isTable: boolean, choice: Int8Choice): Int8Spec {
  const { shape } = weight.tensor
  if (main.form === 'product' || main.form === 'attention') {
    const stack = main.form === 'product' ? main.stack : []
    return product(main.view, stack, isTable, choice)
  }
  if (main.form === 'table') return table(main.view.K, choice)
  if (main.form === 'filter') return middle(choice, [shape[0] ?? 1, ...shape.slice(2).map(() => 1)])
  if (main.form === 'left')
    return middle(choice, [...shape.slice(0, -1), 1], elementCount(shape.slice(0, -2)))
  return main.form === 'gates' ? gates(shape, choice) : apart(shape)
}

/** B of MatMulInteger [K, N], a channel being a column. Codes that are looked up too stay as they lie, and are turned on loading. */
function product(
  { N, layout }: MatrixView, stack: readonly number[], isTable: boolean,
  { type, per, symmetric, reduceRange, pairs }: Int8Choice,
): Int8Spec {
  const format = { type, symmetric, reduceRange }
  const transposed = layout === 'NK' && !isTable
  const axis = layout === 'NK' ? 0 : 1
  const whole = { format, transposed, ...(pairs ? { pairsAlong: axis === 0 ? 1 : 0 } as const : {}) }
  if (per === 'tensor') return { ...whole, scaleShape: [], zeroShape: [] }
  const scaleShape = stack.length > 0 ? [...stack, 1, N] : [N]
  return { ...whole, axis, stack: elementCount(stack), scaleShape, zeroShape: scaleShape }
} // prettier-ignore

/**
 * Always uint8 around 128, for operators that take one zero point: W of ConvInteger [M, C/g, ...], whose uint8 kernel is the
 * quicker one (and the only one of onnxruntime-web), and A of MatMulInteger [..., M, K], which has no other.
 */
function middle({ per }: Int8Choice, scaleShape: readonly number[], stack?: number): Int8Spec {
  const format = { type: 'uint8', symmetric: per === 'channel' } as const
  if (per === 'tensor') return { format, transposed: false, scaleShape: [], zeroShape: [] }
  return {
    format,
    axis: 0,
    ...(stack === undefined ? {} : { stack }),
    transposed: false,
    scaleShape,
    zeroShape: [],
  }
}

/** W [D, 4h, K] and R of DynamicQuantizeLSTM as [D, K, 4h]: zero points have to be all the same, or 0 for int8. */
function gates(
  [D = 1, rows = 1]: readonly number[],
  { type, per, reduceRange, pairs }: Int8Choice,
): Int8Spec {
  const scaleShape = per === 'tensor' ? [D] : [D, rows]
  const format = { type, symmetric: true, reduceRange }
  return {
    format,
    ...(per === 'tensor' ? {} : { axis: 0 }),
    ...(pairs ? { pairsAlong: 1 as const } : {}),
    stack: D,
    transposed: true,
    scaleShape,
    zeroShape: scaleShape,
  }
}

/** [D, rows, K], decoded: a scale for each row. */
function apart([D = 1, rows = 1]: readonly number[]): Int8Spec {
  const scaleShape = [D, rows, 1]
  return {
    format: { type: 'uint8', symmetric: false },
    axis: 0,
    stack: D,
    transposed: false,
    scaleShape,
    zeroShape: scaleShape,
  }
}

/** A table [rows, K] whose looked-up rows are decoded: uint8 with zero points; a channel is a column, all that decoding can tell apart. */
function table(K: number, { per, opset }: Int8Choice): Int8Spec {
  const format = { type: 'uint8', symmetric: false } as const
  if (per === 'tensor' || opset < 13) return { format, transposed: false, scaleShape: [], zeroShape: [] }
  return { format, axis: 1, transposed: false, scaleShape: [K], zeroShape: [K] }
}
