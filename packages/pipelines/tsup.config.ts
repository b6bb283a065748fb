export { default } from '@damson/config/tsup'
