export { fuseQkv } from './algorithms/fuse-qkv.ts'
export { load, save, smash, plan, explain } from '@damson/core'
