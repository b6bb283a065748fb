export { load, save, smash, plan, explain } from '@damson/core'
export { dynamicInt8 } from './algorithms/dynamic-int8.ts'
export { hqq } from './algorithms/hqq.ts'
export { weightOnly } from './algorithms/weight-only.ts'
