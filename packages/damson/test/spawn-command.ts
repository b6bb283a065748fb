// The command, and other programs, as processes of their own: from source in `test`, built in `test:dist`.
import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { modulePath, nodeArguments } from '@damson/config/node'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly notes: string
}

export interface Running {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
}

/** Starts the command. */
export function startDamson(cwd: string, ...args: readonly string[]): Running {
  return start(cwd, [modulePath(import.meta.url, '../src/main.ts'), ...args])
}

/** Runs a program of this folder to its end and gives what it printed as JSON. Throws what it said when it failed. */
export async function runProgram(name: string, argument: unknown): Promise<unknown> {
  const program = fileURLToPath(new URL(name, import.meta.url))
  const { code, signal, out, notes } = await start(process.cwd(), [program, JSON.stringify(argument)]).ended
  if (code !== 0) throw new Error(`${name} ended with ${code ?? signal}: ${notes}`)
  return JSON.parse(out)
}

function start(cwd: string, args: readonly string[]): Running {
  const child = spawn(process.execPath, [...nodeArguments(), ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  let [out, notes] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (out += String(chunk)))
  child.stderr.on('data', (chunk: Buffer) => (notes += String(chunk)))
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve({ code, signal, out, notes }))
  })
  return { child, ended }
}
