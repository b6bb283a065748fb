// Where the command prints. Results go to standard output; progress, warnings and errors to standard error, so that a pipe
// gets results and nothing else.
import pc from 'picocolors'
import type { Graphics } from '../pictures/graphics.ts'

export type Colors = ReturnType<typeof pc.createColors>

export interface Terminal {
  /** A line of results. */
  out(text: string): void
  /** A line for people only. */
  note(text: string): void
  readonly colors: Colors
  /** Which pictures standard output shows, and how many characters fit beside each other. */
  readonly graphics: Graphics
  readonly columns: number
  /** A bar on standard error, or none when that is no terminal. */
  progress(): Promise<Progress>
  /** Aborts when the user presses Ctrl-C. */
  readonly signal: AbortSignal
  readonly cwd: string
}

/** A bar with an estimate of the time left. */
export interface Progress {
  update(label: string, done: number, total: number): void
  stop(): void
}

/** What is shown where nobody looks. */
export const noProgress: Progress = { update: () => {}, stop: () => {} }

/** A terminal that keeps what is printed: for tests. */
export function memoryTerminal(
  cwd: string,
  signal = new AbortController().signal,
): Terminal & { readonly printed: { out: string; notes: string } } {
  const printed = { out: '', notes: '' }
  return {
    printed,
    out: text => void (printed.out += `${text}\n`),
    note: text => void (printed.notes += `${text}\n`),
    colors: pc.createColors(false),
    graphics: 'none',
    columns: 80,
    progress: async () => noProgress,
    signal,
    cwd,
  }
}
