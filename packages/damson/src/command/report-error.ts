// Every error of the command ends here: as text for people, or, with --json, as a document.
import { CommanderError } from 'commander'
import { DamsonError, isAbort } from '@damson/core'
import { exitCodes } from './exit-codes.ts'
import type { Terminal } from './terminal.ts'

/** Says an error, as text or as a document, and gives the exit code that goes with it. */
export function reportError(error: unknown, json: boolean, terminal: Terminal): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return exitCodes.done
    if (json) terminal.out(errorDocument('usage', error.message.replace(/^error: /, '')))
    return exitCodes.usage
  }
  const aborted = terminal.signal.aborted || isAbort(error)
  const known = DamsonError.isInstance(error) ? error : undefined
  const code = aborted ? 'aborted' : (known?.code ?? 'internal')
  const message = messageOf(error, aborted)
  if (json) terminal.out(errorDocument(code, message, known?.details))
  else
    terminal.note(
      `${aborted ? '' : `${terminal.colors.red('error:')} `}${message}${known || aborted ? '' : `\n${error instanceof Error ? error.stack : ''}`}`,
    )
  if (aborted) return exitCodes.aborted
  if (code === 'unverified') return exitCodes.unverified
  return code === 'plan' ? exitCodes.conflict : usageCodes.has(code) ? exitCodes.usage : exitCodes.failed
}

function messageOf(error: unknown, aborted: boolean): string {
  if (aborted && !DamsonError.isInstance(error, 'stopped')) return 'Stopped. Nothing was written.'
  return error instanceof Error ? error.message : String(error)
}

function errorDocument(code: string, message: string, details: object = {}): string {
  return JSON.stringify({ error: { code, message, details } }, undefined, 2)
}

/** Errors that say the command line is wrong, not the model. */
const usageCodes = new Set([
  'invalid-step', 'invalid-param', 'invalid-place', 'unknown-algorithm', 'ambiguous-algorithm', 'unknown-preset', 'invalid-preset', 'invalid-recipe',
  'no-denoiser', 'no-verify', 'input', 'size', 'scheduler-option', 'unknown-scheduler', 'no-module', 'no-algorithm', 'unknown-variant', 'invalid-output', 'samples',
]) // prettier-ignore
