// Where the latents move along a path that hardly bends, the noise that the denoiser predicts hardly changes: its last output is
// handed on while the third-order difference of the latents is small against their first:
//   d₀ = x_s − x_{s−1},  d₁, d₂ those before:   ξ = ‖(d₀ + d₂)/2 − d₁‖ / ‖d₁‖ < threshold,  at most maxSkips times in a row
// Nothing inside the network is touched.
import { defineAlgorithm, int, real, refuse, type Branch, type Feeds, type Group, type Middleware, type Part, type Values } from '@damson/core' // prettier-ignore
import { isRefusal, type Refusal } from '@damson/graph'
import { numbersOf } from '../gating/combined-tensors.ts'
import { latentsOf } from '../gating/fed-values.ts'
import { reuseOutputs, wholeContract, wholeGroups } from '../gating/whole-output.ts'
import { denoiserOf, sampleName } from '../structure/denoiser-inputs.ts'

const params = {
  /** How far the path of the latents may bend for the last output to be reused; 0 never reuses. */
  threshold: real({
    min: 0,
    max: 10,
    default: 0.01,
    live: true,
    doc: 'How far the path of the latents may bend, relative to its length, for the last output to be reused; 0 never reuses.',
  }),
  /** Reused steps in a row, at most. */
  maxSkips: int({ min: 0, max: 100, default: 4, live: true, doc: 'Reused steps in a row, at most.' }),
}

/** Reuses the denoiser's output while the latents move evenly. */
export const adaptiveCache = defineAlgorithm({
  id: '@damson/cachers/adaptive-cache',
  version: 1,
  summary: 'Reuses the whole output of the denoiser while the latents move evenly from step to step.',
  paper: 'https://arxiv.org/abs/2410.09873',
  contract: wholeContract,
  params,
  groups: part => groupsOf(part),
  wrap: ctx => reuseWhileEven(ctx.parts[0] ?? '', ctx.step, ctx.params),
})

function groupsOf(part: Part): readonly Group[] | Refusal {
  const inputs = denoiserOf(part)
  if (isRefusal(inputs)) return inputs
  const names = part.graph.requiredInputs().map(({ name }) => name)
  return sampleName(names) === inputs.sample
    ? wholeGroups(part)
    : refuse(`calls its latents "${inputs.sample}", so they cannot be told among what is fed`, part.name)
}

/** One generation: by branch, the last four latents and how often in a row the output was reused. */
function reuseWhileEven(part: string, id: string, given: Values<typeof params>): Middleware {
  return ({ controls }) => {
    const { threshold, maxSkips } = { ...given, ...controls?.[id] }
    const paths = new Map<Branch, readonly Latents[]>()
    const skips = new Map<Branch, number>()
    return reuseOutputs({
      part,
      make: (feeds, { branch, rows }, [last]) => {
        const path = pathOf(feeds, paths.get(branch) ?? [])
        const skipped = skips.get(branch) ?? 0
        const outputs = skipped < maxSkips && bend(path, rows) < threshold ? last?.outputs : undefined
        paths.set(branch, path)
        skips.set(branch, outputs ? skipped + 1 : 0)
        return outputs
      },
    })
  }
}

interface Latents {
  readonly shape: readonly number[]
  readonly numbers: ArrayLike<number>
}

/** The latents of this call and of the three before it, the last first; those of other sizes are forgotten. */
function pathOf(feeds: Feeds, before: readonly Latents[]): readonly Latents[] {
  const x = latentsOf(feeds)
  const numbers = x && numbersOf(x)
  if (!numbers) return []
  const same = before.filter(({ shape }) => shape.join() === x.shape.join())
  return [{ shape: x.shape, numbers }, ...same].slice(0, 4)
}

/** ξ of the row where it is largest; NaN, which is below nothing, before there are four latents or where nothing moves. */
function bend(path: readonly Latents[], rows: number): number {
  const [x0, x1, x2, x3] = path.map(({ numbers }) => numbers)
  if (!x0 || !x1 || !x2 || !x3) return NaN
  const size = x0.length / rows
  let worst = -Infinity
  for (let row = 0; row < rows; row++) {
    let third = 0
    let first = 0
    for (let at = row * size; at < (row + 1) * size; at++) {
      const d0 = (x0[at] ?? 0) - (x1[at] ?? 0)
      const d1 = (x1[at] ?? 0) - (x2[at] ?? 0)
      const d2 = (x2[at] ?? 0) - (x3[at] ?? 0)
      third += ((d0 + d2) / 2 - d1) ** 2
      first += d1 ** 2
    }
    const xi = Math.sqrt(third / first)
    if (!(xi <= worst)) worst = xi
    if (Number.isNaN(worst)) return NaN
  }
  return worst
}
