// The gates around what is deep in a denoiser, with what is shallow left to run: below a skip connection of a U-Net, and the
// stacks of blocks of a transformer, whose residual deltas are kept.
import { refuse } from '@damson/core'
import { isRefusal } from '@damson/graph'
import { ordered } from '../structure/between.ts'
import { dependents } from '../structure/dependence.ts'
import { skipLevels } from '../structure/skip-levels.ts'
import { stacks, type Stack } from '../structure/stacks.ts'
import type { WantedGate } from './gate-region.ts'
import type { FindGates } from './gated-step.ts'

/** The name of these gates. */
export const deepGate = 'deep'

/** The gate at a skip connection of a U-Net: 0 is the shallowest, where least is left to run. */
export function levelGate(depth: number | 'auto'): FindGates {
  return (graph, inputs) => {
    const levels = skipLevels(ordered(graph), dependents(graph, [inputs.sample]))
    const at = depth === 'auto' ? 0 : depth
    const level = levels[at]
    if (level) return [{ name: deepGate, cuts: [{ value: level.deep }] }]
    return levels.length === 0
      ? refuse('has no skip connections of a U-Net: no Concat joins a value with one that it depends on')
      : refuse(
          `has ${levels.length} skip connections, 0 to ${levels.length - 1}; depth ${at} is none of them`,
        )
  }
}

/** The gates around the stacks of blocks: what all blocks of a stream added together is kept. */
export function stackGates(found: readonly Stack[]): readonly WantedGate[] {
  return found.map(chains => streamGate(deepGate, chains))
}

/** A gate around what is added to streams that run side by side. */
export function streamGate(
  name: string,
  streams: readonly { readonly start: string; readonly end: string }[],
): WantedGate {
  return { name, cuts: streams.map(({ start, end }) => ({ value: end, base: start })) }
}

/** At a skip connection where there are any, else around the stacks. */
export function deepGates(depth: number | 'auto'): FindGates {
  return (graph, inputs) => {
    const level = levelGate(depth)(graph, inputs)
    if (!isRefusal(level) || depth !== 'auto') return level
    const found = stackGates(stacks(graph, inputs.sample))
    return found.length > 0
      ? found
      : refuse('has neither skip connections of a U-Net nor a stack of transformer blocks')
  }
}
