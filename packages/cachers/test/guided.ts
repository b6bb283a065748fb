// Generations under guidance: both branches as one batch, or one after the other.
import type { Feeds, Live, Part } from '@damson/core'
import { feedsAt, stackedFeeds } from './denoising.ts'

type Mode = 'batched' | 'sequential'

/** Feeds of the two branches of a step, the unconditional one first: the same latents, another text. */
function branchFeeds(part: Part, steps: number, step: number): readonly [Feeds, Feeds] {
  const withText = feedsAt(part, { steps }, step)
  const other = feedsAt(part, { steps, seed: 9 }, 0)
  const text = other['encoder_hidden_states'] ?? withText['encoder_hidden_states']
  return [{ ...withText, ...(text ? { encoder_hidden_states: text } : {}) }, withText]
}

/** Both branches at each step of a guided generation, the unconditional one first. */
export async function guided(
  live: Live,
  part: Part,
  mode: Mode,
  steps: number,
): Promise<readonly (readonly number[])[]> {
  const generation = live.generation({ steps, guidance: 4 })
  const found: number[][] = []
  const numbers = (outputs: Awaited<ReturnType<typeof generation.run>>): number[] =>
    Array.from(Object.values(outputs)[0]?.data ?? [], Number)
  for (let step = 0; step < steps; step++) {
    const [without, withText] = branchFeeds(part, steps, step)
    if (mode === 'batched') {
      found.push(numbers(await generation.run(part.name, stackedFeeds(part, [without, withText]), { step })))
      continue
    }
    const second = numbers(await generation.run(part.name, withText, { step, branch: 'cond' }))
    found.push([...numbers(await generation.run(part.name, without, { step, branch: 'uncond' })), ...second])
  }
  await generation.close()
  return found
}
