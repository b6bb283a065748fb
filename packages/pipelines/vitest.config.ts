export { default } from '@damson/config/vitest'
