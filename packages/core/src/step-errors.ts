// Errors from inside a step say which step it was. Codes of damson errors stay; anything else becomes `step-failed`.
import { DamsonError } from '@damson/graph'
import { isAbort } from './abort.ts'

/** Runs something of a step; what it throws comes out with the id of the step. */
export function inStep<T>(id: string, run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw stepError(id, error)
  }
}

/** The error of a step: same code when it is a damson error, `step-failed` otherwise; the cause is kept. */
export function stepError(id: string, cause: unknown): DamsonError {
  if (isAbort(cause))
    return DamsonError.isInstance(cause) ? cause : new DamsonError('aborted', `${id} was stopped.`, { cause })
  const message = cause instanceof Error ? cause.message : String(cause)
  if (!DamsonError.isInstance(cause)) {
    return new DamsonError('step-failed', `${id} failed: ${message}`, { cause, details: { step: id } })
  }
  if (cause.message.startsWith(id)) return cause
  return new DamsonError(cause.code, `${id}: ${message}`, { cause, details: { ...cause.details, step: id } })
}

/** Throws `aborted` when the signal says so. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(signal)
}

function abortError(signal: AbortSignal): DamsonError {
  return new DamsonError('aborted', 'Stopped, as the signal asked for.', { cause: signal.reason })
}

/** The result of some work, or `aborted` as soon as the signal says so. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  // Work that was left behind may still fail; nobody is waiting for it any more.
  if (signal.aborted) work.catch(() => {})
  throwIfAborted(signal)
  let stop = (): void => {}
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(abortError(signal))
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
    if (signal.aborted) work.catch(() => {})
  }
}
