import type { Branch, Feeds } from '@damson/core'
import { expect, test } from 'vitest'
import { reuseOutputs } from './whole-output.ts'

function feedsOf(size: number): Feeds {
  return { sample: { dtype: 'float32', shape: [size], data: new Float32Array(size) } }
}

/** What is kept, the last step first, at each of some calls that all run. */
async function keptAt(
  history: number,
  calls: readonly { readonly step: number; readonly branch?: Branch; readonly size?: number }[],
): Promise<readonly (readonly number[])[]> {
  const found: (readonly number[])[] = []
  const { around } = reuseOutputs({
    part: 'unet',
    history,
    make: (_feeds, _call, kept) => void found.push(kept.map(({ step }) => step)),
  })
  const run = around(async feeds => feeds)
  for (const [index, { step, branch = 'both', size = 4 }] of calls.entries())
    await run(feedsOf(size), { index, step, branch, rows: 1 })
  return found
}

test('keeps the last steps of a branch, of two calls of one step the later', async () => {
  const steps = [0, 1, 1, 2, 3].map(step => ({ step }))
  expect(await keptAt(1, steps)).toEqual([[], [0], [1], [1], [2]])
  expect(await keptAt(2, steps)).toEqual([[], [0], [1, 0], [1, 0], [2, 1]])
})

test('keeps nothing of another branch or other sizes', async () => {
  const branches = [{ step: 0, branch: 'cond' }, { step: 0, branch: 'uncond' }, { step: 1, branch: 'cond' }] as const // prettier-ignore
  expect(await keptAt(2, branches)).toEqual([[], [], [0]])
  expect(await keptAt(2, [{ step: 0 }, { step: 1, size: 6 }, { step: 2 }, { step: 3 }])).toEqual([[], [], [], [2]]) // prettier-ignore
})

test('what is made stands in place of a run and is not kept', async () => {
  const seen: number[] = []
  const { around } = reuseOutputs({ part: 'unet', make: (_feeds, { step }, [last]) => (step % 2 === 1 ? last?.outputs : undefined) }) // prettier-ignore
  const run = around(async (feeds, { step }) => {
    seen.push(step)
    return { out: { dtype: 'float32', shape: [1], data: Float32Array.of(step) } }
  })
  const outputs: unknown[] = []
  for (const step of [1, 2, 3, 5])
    outputs.push((await run(feedsOf(4), { index: step, step, branch: 'both', rows: 1 }))['out']?.data[0])
  expect([seen, outputs]).toEqual([[1, 2], [1, 2, 2, 2]]) // prettier-ignore
})
