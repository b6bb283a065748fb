// Matrix products: MatMul with broadcast batches, Gemm, Einsum, and their integer and block-quantized forms.
import type { DataType } from '../../dtype.ts'
import type { Dim } from '../../ir.ts'
import { broadcastDim, broadcastShapes } from '../broadcast.ts'
import type { Call, Rule, RuleTable } from '../call.ts'
import { tensorFact } from '../fact.ts'

/** [.., M, K] × [.., K, N] → [.., M, N]; a vector loses its added dimension again. */
export function matmulShape(
  call: Call,
  a: readonly Dim[] | undefined,
  b: readonly Dim[] | undefined,
): readonly Dim[] | undefined {
  if (!a || !b) return undefined
  if (a.length === 0 || b.length === 0) {
    call.report('MatMul of a scalar')
    return undefined
  }
  const [left, right] = [a.length === 1 ? [1, ...a] : a, b.length === 1 ? [...b, 1] : b]
  const [inner, depth] = [left.at(-1) ?? null, right.at(-2) ?? null]
  if (typeof inner === 'number' && typeof depth === 'number' && inner !== depth)
    call.report(`MatMul of [${a.join(', ')}] and [${b.join(', ')}]`)
  const batch = broadcastShapes([left.slice(0, -2), right.slice(0, -2)])
  if (batch.problem !== undefined) call.report(batch.problem)
  const rows = a.length === 1 ? [] : [left.at(-2) ?? null]
  const columns = b.length === 1 ? [] : [right.at(-1) ?? null]
  return [...batch.shape, ...rows, ...columns]
}

const matmul =
  (dtype?: DataType): Rule =>
  call => [
    tensorFact(dtype ?? call.dtype(0) ?? call.dtype(1), matmulShape(call, call.shape(0), call.shape(1))),
  ]

const qlinearMatMul: Rule = call => [
  tensorFact(call.dtype(7), matmulShape(call, call.shape(0), call.shape(3))),
]

const gemm: Rule = call => {
  const [a, b] = [call.shape(0), call.shape(1)]
  if ((a && a.length !== 2) || (b && b.length !== 2)) return call.fail('Gemm of tensors that are not 2-D')
  const rows = a?.[call.int('transA', 0) === 0 ? 0 : 1] ?? null
  const columns = b?.[call.int('transB', 0) === 0 ? 1 : 0] ?? null
  return [tensorFact(call.dtype(0) ?? call.dtype(1), [rows, columns])]
}

/** `bij, bjk -> bik`, with an ellipsis for broadcast dimensions; without arrow the labels used once, in order. */
const einsum: Rule = call => {
  const equation = call.text('equation', '').replaceAll(' ', '')
  const [left = '', arrow] = equation.split('->')
  const shapes = call.facts.map((_, at) => call.shape(at))
  const terms = left.split(',')
  const sizes = new Map<string, Dim>()
  const wide: (readonly Dim[])[] = []
  for (const [at, term] of terms.entries()) {
    const shape = shapes[at]
    if (!shape) return [tensorFact(call.dtype(0))]
    const [before = '', after] = term.split('...')
    const tail = after ?? ''
    const dots = shape.length - before.length - tail.length
    if (dots < 0 || (after === undefined && dots > 0))
      return call.fail(`${term} of a tensor of rank ${shape.length}`)
    const labels = [...before, ...tail]
    const labelled = [...shape.slice(0, before.length), ...shape.slice(before.length + dots)]
    labels.forEach((label, index) => {
      const [old, dim] = [sizes.get(label), labelled[index] ?? null]
      sizes.set(label, old === undefined ? dim : (broadcastDim(old, dim) ?? null))
    })
    if (after !== undefined) wide.push(shape.slice(before.length, before.length + dots))
  }
  const result = arrow ?? implicitLabels(left)
  const [before = '', after] = result.split('...')
  const dims = (labels: string): readonly Dim[] => [...labels].map(label => sizes.get(label) ?? null)
  const middle = after === undefined ? [] : broadcastShapes(wide).shape
  return [tensorFact(call.dtype(0), [...dims(before), ...middle, ...dims(after ?? '')])]
}

function implicitLabels(left: string): string {
  const letters = [...left.replace(/[^A-Za-z]/g, '')]
  const once = letters.filter(label => letters.filter(other => other === label).length === 1).sort()
  return (left.includes('...') ? '...' : '') + once.join('')
}

export const matmulRules: RuleTable = {
  MatMul: matmul(),
  MatMulInteger: matmul('int32'),
  QLinearMatMul: qlinearMatMul,
  Gemm: gemm,
  Einsum: einsum,
}
