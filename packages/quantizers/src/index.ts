export { load, save, smash, plan, explain } from '@damson/core'
export { weightOnly } from './algorithms/weight-only.ts'
