export { createRuntime, type OpenRuntime, type RuntimeOptions } from './create-runtime.ts'
export { feedsFor, type FeedsOptions } from './feeds/feeds-for.ts'
export type { OpenGeneration } from './live/generation.ts'
export type { OpenLive } from './live/open-live.ts'
