export { blocksOfColumns } from './columns'
export { blocksOfRows } from './rows'
export { linearColumns, linearRows, rangeColumns, rangeRows } from './linear'
export { widenBfloat16, widenFloat16 } from './widen'
