// What Node says when a save fails, in words that help.
import { DamsonError } from '../error.ts'

/** A failure of the file system while saving, as an error that says what to do. */
export function diskError(path: string, bytes: number | undefined, cause: unknown): DamsonError {
  if (DamsonError.isInstance(cause)) return cause
  const full = isFull(cause)
  const why = cause instanceof Error ? cause.message : String(cause)
  const message = full
    ? `${path}: expected room for ${bytes ?? 'its'} bytes, but the disk is full. Free some space or save elsewhere.`
    : `${path}: expected a place that can be written, but: ${why}. Check the path and its permissions, or save elsewhere.`
  return new DamsonError('disk', message, {
    cause,
    details: { file: path, ...(bytes !== undefined && { bytes }) },
  })
}

/** Whether the file system had no room for what was written. */
export function isFull(cause: unknown): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
}
