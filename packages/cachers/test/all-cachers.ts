// Every cacher with settings that reuse something in a few steps, and those of a generation that never does.
import { adaptiveCache } from '../src/algorithms/adaptive-cache.ts'
import { deepCache } from '../src/algorithms/deep-cache.ts'
import { fasterCache } from '../src/algorithms/faster-cache.ts'
import { firstBlock } from '../src/algorithms/first-block.ts'
import { fora } from '../src/algorithms/fora.ts'
import { pab } from '../src/algorithms/pab.ts'
import { periodicCache } from '../src/algorithms/periodic-cache.ts'
import { taylorSeer } from '../src/algorithms/taylor-seer.ts'
import { teaCache } from '../src/algorithms/tea-cache.ts'
import type { Promised } from './promises.ts'

const often = { interval: 2, start: 1 } as const
const never = { interval: 1 } as const

/** By name; textKv reuses nothing that changes, and autoCache has to learn first. */
export const promised = {
  periodicCache: { cacher: () => periodicCache(often), never },
  deepCache: { cacher: () => deepCache({ interval: 2 }), never },
  fora: { cacher: () => fora(often), never },
  foraAttention: { cacher: () => fora({ ...often, scope: 'attention' }), never },
  foraMlp: { cacher: () => fora({ ...often, scope: 'mlp' }), never },
  taylorSeer: { cacher: () => taylorSeer({ interval: 3, start: 1 }), never },
  taylorSeerOutput: { cacher: () => taylorSeer({ interval: 3, start: 1, scope: 'output' }), never },
  pab: { cacher: () => pab(), never: { spatial: 1, cross: 1 }, steps: 4 },
  fasterCache: { cacher: () => fasterCache({ window: [0, 1], cfg: false }), never: { window: [0, 0] }, steps: 4 }, // prettier-ignore
  firstBlock: { cacher: () => firstBlock({ threshold: 10 }), never: { threshold: 0 } },
  teaCache: { cacher: () => teaCache({ threshold: 10 }), never: { threshold: 0 } },
  adaptiveCache: { cacher: () => adaptiveCache({ threshold: 10 }), never: { threshold: 0 }, steps: 4 },
} satisfies Readonly<Record<string, Promised>>
