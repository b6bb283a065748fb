export { blocksOfColumns } from './columns'
export { blocksOfRows } from './rows'
export { linearColumns, linearRows, rangeColumns, rangeRows } from './linear'
export { narrowBfloat16, narrowFloats } from './narrow'
export { useSearch } from './search'
export { widenBfloat16, widenFloat16 } from './widen'

/** The first address that is not the module's own. */
export function base(): usize {
  return __heap_base
}
