export { simplify } from './algorithms/simplify.ts'
export { load, save, smash, plan, explain } from '@damson/core'
