// What becomes of a tensor, as far as its structure says.
import type { Scope } from '@damson/graph'

/** Operators that move numbers about, or turn their sign. */
export const moving: readonly string[] = [
  'Unsqueeze', 'Squeeze', 'Reshape', 'Transpose', 'Cast', 'Concat', 'Expand', 'Tile', 'Slice', 'Split', 'Identity', 'Neg',
] // prettier-ignore

/** Whether all that reads a value, directly or behind operators of `through`, is the operator `end`; who asks for its shape reads nothing. */
export function onlyReaches(value: string, scope: Scope, end: string, through: ReadonlySet<string>): boolean {
  const seen = new Set<string>()
  const reaches = (name: string): boolean => {
    if (seen.has(name)) return true
    seen.add(name)
    const users = scope.body.users(name).filter(({ node }) => node.op !== 'Shape')
    if (users.length === 0 || scope.body.isOutput(name)) return false
    return users.every(
      ({ node }) =>
        node.domain === '' && (node.op === end || (through.has(node.op) && node.outputs.every(reaches))),
    )
  }
  return reaches(value)
}
