// Which operator an attention becomes. By what ONNX Runtime 1.30 was seen to run rightly:
//   MultiHeadAttention   everywhere; on processors float32 alone. Keys shared by groups of heads are repeated for it.
//   GroupQueryAttention  keeps keys shared, but runs only one batch row or one position at a time when there is a past.
//   Attention (ONNX 23)  keeps keys shared, runs all, float16 on processors too; has no kernel for WebGPU.
import type { Target } from '@damson/core'
import { cpuKernelsOf, dataTypes, type DataType } from '@damson/graph'
import { isMiss, miss, type Miss } from '../seek/miss.ts'
import type { View } from '../seek/view.ts'
import type { Attention } from './describe.ts'
import { planGroupQuery } from './group-query.ts'
import { planMultiHead } from './multi-head.ts'
import { planOnnxAttention } from './onnx-attention.ts'
import type { AttentionPlan } from './settle.ts'

type Planner = (view: View, attention: Attention) => AttentionPlan | Miss

interface Operator {
  readonly domain: string
  readonly op: string
  readonly plan: Planner
}

const multiHead: Operator = { domain: 'com.microsoft', op: 'MultiHeadAttention', plan: planMultiHead }
const groupQuery: Operator = { domain: 'com.microsoft', op: 'GroupQueryAttention', plan: planGroupQuery }
const onnxAttention: Operator = { domain: '', op: 'Attention', plan: planOnnxAttention }

/** The plan of the first operator that suits, else the reason of the one that came nearest. */
export function planFor(view: View, attention: Attention, target: Target): AttentionPlan | Miss {
  const shared = attention.kvHeads < attention.heads
  const order = shared ? [groupQuery, onnxAttention, multiHead] : [multiHead, onnxAttention]
  const dtype = view.dtype(attention.query[0]?.value ?? '')
  let nearest: Miss = miss(4, 'no operator for it', attention.softmax.outputs[0] ?? '')
  for (const operator of order) {
    const absent = withoutKernel(view, operator, target, dtype)
    const plan = absent === undefined ? operator.plan(view, attention) : miss(5, absent, nearest.at)
    if (!isMiss(plan)) return plan
    if (plan.progress > nearest.progress) nearest = plan
  }
  return nearest
}

/** Why a target does not run an operator for an element type; undefined when it does. */
function withoutKernel(
  view: View,
  { domain, op }: Operator,
  target: Target,
  dtype: DataType | undefined,
): string | undefined {
  if (dtype === undefined) return 'the element type is not known'
  if (domain === '' && view.opset < 23) return `${op} needs operator set 23, the model has ${view.opset}`
  if (target === 'webgpu') {
    if (domain === '') return `${op} has no kernel for WebGPU`
    return dtype === 'float32' || dtype === 'float16' ? undefined : `${op} has no kernel for ${dtype}`
  }
  if (target === 'cuda')
    return dtype === 'float32' || dtype === 'float16' ? undefined : `${op} has no kernel for ${dtype}`
  const type = `tensor(${dataTypes[dtype].text})`
  const kernels = cpuKernelsOf(domain, op, domain === '' ? view.opset : 1)
  const runs = kernels.some(({ types }) => (types.get('T') ?? types.get('T1'))?.includes(type))
  return runs ? undefined : `${op} has no kernel for ${dtype} on this target`
}
