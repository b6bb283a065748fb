// ONNX Runtime's messages are kept, and told apart: what damson knows the cause of says what to do.
import { DamsonError } from '@damson/graph'

const missingProvider =
  /Failed to get a WebGPU adapter|no available backend found|Failed to load shared library|backend not found/

/** The error of a failed session creation, as a DamsonError: `provider-unavailable` or `session`. */
export function openError(error: unknown, providers: readonly string[]): DamsonError {
  if (DamsonError.isInstance(error) && error.code !== 'ort') return error
  const message = messageOf(error)
  if (missingProvider.test(message)) {
    return new DamsonError(
      'provider-unavailable',
      `Expected ${providers.join(', ')} to be available here, but: ${message}. There is no fallback; choose another target.`,
      { cause: error, details: { providers } },
    )
  }
  return new DamsonError('session', `Expected a model that ONNX Runtime opens, but: ${message}`, {
    cause: error,
  })
}

/** The error of a failed run, as a DamsonError with code `run`. */
export function runError(error: unknown, part: string): DamsonError {
  if (DamsonError.isInstance(error) && error.code !== 'ort') return error
  return new DamsonError('run', `Expected part "${part}" to run, but: ${messageOf(error)}`, {
    cause: error,
    details: { part },
  })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
