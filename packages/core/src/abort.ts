// An abort shows as the signal's own reason or as a DamsonError; whoever asks should not have to care.
import { DamsonError } from '@damson/graph'

/** True for an error that says the work was aborted. */
export function isAbort(error: unknown): boolean {
  return DamsonError.isInstance(error, 'aborted') || (error instanceof Error && error.name === 'AbortError')
}
