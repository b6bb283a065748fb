export { load, save, smash, plan, explain } from '@damson/core'
export { periodicCache } from './algorithms/periodic-cache.ts'
export { deepCache } from './algorithms/deep-cache.ts'
