// Puts RotaryEmbedding in the place of a rotation. Tables are cut to one lane a pair, and laid out once for all that share them.
import type { NodeFields } from '@damson/graph'
import { asMerged } from '../attention/settle.ts'
import { attributesFrom, type Site } from '../seek/site.ts'
import type { RotaryPlan } from './plan.ts'
import type { Table } from './rotation.ts'

export function buildRotary(site: Site, plan: RotaryPlan): void {
  const { rotation, heads, input, absorbed } = plan
  const { root, headSize, turning, interleaved } = rotation
  const { draft } = site
  const flat = input.text !== 'b n s h'
  const x = flat ? asMerged(site, input, heads * headSize) : input.value
  const cos = cacheOf(site, plan, rotation.cos)
  const sin = cacheOf(site, plan, rotation.sin)
  const partial = turning < headSize ? { rotary_embedding_dim: turning } : {}
  const attributes = { interleaved: interleaved ? 1 : 0, num_heads: heads, ...partial }
  const positions = (): string => (plan.batched ? flatPositions(site, plan) : site.integers([0]))
  const making = {
    op: 'RotaryEmbedding',
    ...(plan.standard
      ? { domain: '', inputs: [x, cos, sin] }
      : { domain: 'com.microsoft', inputs: [x, positions(), cos, sin] }),
    attributes: attributesFrom(attributes),
    origins: [...new Set([...absorbed].flatMap(node => node.origins))],
  }
  const same = (flat && plan.layout === 'b s nh') || (!flat && plan.layout === 'b n s h')
  if (same) draft.replace(root, making)
  else laidOut(site, plan, making)
}

/** The operator, and behind it what parts the heads again. */
function laidOut(
  site: Site,
  { rotation, heads, layout }: RotaryPlan,
  making: Omit<NodeFields, 'outputs'>,
): void {
  const { root, headSize } = rotation
  const { draft } = site
  const [output = ''] = root.outputs
  const metadata = root.metadata ? { metadata: root.metadata } : {}
  const renamed = draft.replace(root, { name: draft.fresh(`${root.name}_layout`) })
  const turned = draft.fresh(`${output}_turned`)
  draft.add({ ...making, name: 'RotaryEmbedding', outputs: [turned], ...metadata })
  const target = site.integers([0, 0, heads, headSize])
  const glue = { domain: '', outputs: [output], origins: [] }
  if (layout === 'b s n h') {
    draft.replace(renamed, { ...glue, op: 'Reshape', inputs: [turned, target], attributes: new Map() })
    return
  }
  const split = site.add('Reshape', [turned, target])
  const attributes = attributesFrom({ perm: [0, 2, 1, 3] })
  draft.replace(renamed, { ...glue, op: 'Transpose', inputs: [split], attributes })
}

/** One lane a pair: [positions, m], batch and positions being one dimension, or [b, s, m]. */
function cacheOf(
  site: Site,
  { rotation: { turning }, standard }: RotaryPlan,
  { value, step }: Table,
): string {
  const m = turning / 2
  return site.once(`cache ${value} ${m} ${step} ${standard}`, () => {
    const shape = site.view.shape(value)
    const cut = shape?.at(-1) === m && step === 1 ? value : sliced(site, value, m, step)
    if (shape?.length === (standard ? 3 : 2)) return cut
    return site.reshape(cut, standard ? [0, -1, m] : [-1, m])
  })
}

function sliced(site: Site, value: string, m: number, step: number): string {
  const end = step === 1 ? m : 2 * m
  return site.add('Slice', [value, ...[0, end, -1, step].map(number => site.integers([number]))])
}

/** 0, 1 … b·s − 1 as [b, s]: where the rows of the tables stand. */
function flatPositions(site: Site, { rotation: { cos }, headsFromEnd }: RotaryPlan): string {
  return site.once(`positions ${cos.value} ${headsFromEnd}`, () => {
    const rank = site.view.shape(cos.value)?.length ?? 0
    const [batch, length] = [site.size(cos.value, 0), site.size(cos.value, headsFromEnd === 2 ? rank - 2 : 1)]
    const shape = site.add('Concat', [batch, length], { axis: 0 }, `${cos.value}_rows`)
    const count = site.add('ReduceProd', [shape], { keepdims: 0 })
    const range = site.add('Range', [site.integers([0], []), count, site.integers([1], [])])
    return site.add('Reshape', [range, shape])
  })
}
