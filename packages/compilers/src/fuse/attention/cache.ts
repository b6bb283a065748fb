// Keys and values of earlier steps: present = Concat(past, new) along the positions. An operator with a cache takes the past and
// the new ones apart and gives the present, under the name that it had.
import type { Node } from '@damson/graph'
import type { Layout } from './axes.ts'
import type { Attention } from './describe.ts'
import { stageAs, stagesOf, type Stage } from './heads.ts'
import type { View } from '../seek/view.ts'

interface Grown {
  /** The Concat; it goes when the operator gives the present. */
  readonly node: Node
  readonly past: string
  readonly present: string
  /** The new keys or values; what scales the whole counts here too. */
  readonly fresh: Stage
}

export interface Cache {
  readonly key: Grown
  readonly value: Grown
}

/** The cache of an attention, where nothing that goes into the operator depends on what comes out of it. */
export function cacheOf(view: View, attention: Attention, wanted: readonly string[]): Cache | undefined {
  const key = grown(view, attention.key, wanted)
  const value = grown(view, attention.value, wanted)
  if (!key || !value || key.node === value.node) return undefined
  const masks = attention.masks.map(mask => (mask.kind === 'add' ? mask.value : mask.where))
  const inputs = [key.fresh.value, value.fresh.value, key.past, value.past, ...masks]
  const queries = attention.query.map(stage => stage.value)
  return dependsOn(view, [...inputs, ...queries], [key.node, value.node]) ? undefined : { key, value }
}

function grown(view: View, stages: readonly Stage[], wanted: readonly string[]): Grown | undefined {
  for (const stage of stages) {
    const node = view.producer(stage.value)
    const positions = stage.layout.findIndex(axes => axes[0]?.letter === 's')
    if (node?.op !== 'Concat' || node.inputs.length !== 2 || !/^b [ng] s h$/.test(stage.text)) continue
    if (view.axis(node, 0) !== positions) continue
    const [past = '', added = ''] = node.inputs
    const length = view.shape(added)?.[positions] ?? null
    const layout = stage.layout.map((axes, at): Layout[number] =>
      at === positions ? [{ letter: 's', size: length }] : axes,
    )
    const fresh = stageAs(stagesOf(view, added, layout, { scales: false }), ...wanted)
    if (!fresh || view.shape(past)?.length !== 4) return undefined
    const { scale, passed } = stage
    return {
      node,
      past,
      present: stage.value,
      fresh: { ...fresh, scale, passed: [...passed, ...fresh.passed] },
    }
  }
  return undefined
}

/** True when a value depends on an output of one of the nodes. */
function dependsOn({ scope: { body } }: View, values: readonly string[], nodes: readonly Node[]): boolean {
  const seen = new Set<string>()
  const open = [...values]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    const node = body.producer(name)
    if (!node) continue
    if (nodes.includes(node)) return true
    open.push(...node.inputs)
  }
  return false
}
