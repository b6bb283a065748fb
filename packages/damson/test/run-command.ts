// The command in this process, with a terminal that keeps what it prints.
import { runCommand } from '../src/command/program.ts'
import { memoryTerminal } from '../src/command/terminal.ts'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly notes: string
}

/** Runs the command as if the user stood in `cwd`. */
export async function damson(cwd: string, ...args: readonly string[]): Promise<Ran> {
  const terminal = memoryTerminal(cwd)
  const code = await runCommand(args, terminal)
  return { code, out: terminal.printed.out, notes: terminal.printed.notes }
}
