// The one error that all sources share.
import { DamsonError } from '../error.ts'

/** Reading past the end, which for a file means that it became shorter since it was opened. */
export function pastEnd(name: string, offset: number, length: number, size: number): DamsonError {
  return new DamsonError(
    'read',
    `${name}: expected ${length} bytes at ${offset}, but it ends at ${size}. It is cut off, or was changed while open; open it again.`,
    { details: { file: name, offset, length, size } },
  )
}
