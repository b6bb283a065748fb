export * from '@damson/core'
export * from '@damson/cachers'
export * from '@damson/quantizers'
export { algorithms, families } from './families.ts'
