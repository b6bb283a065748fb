// Wall time and peak memory of a program, from outside.
import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'

export interface Figures {
  readonly seconds: number
  readonly peakMegabytes: number
}

/** Runs a program and reads the high-water mark of its memory from the kernel until it ends; children are not counted. */
export async function measured(program: string, args: readonly string[]): Promise<Figures> {
  const start = performance.now()
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  const said: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
  let peak = 0
  const watch = setInterval(() => {
    void readFile(`/proc/${child.pid}/status`, 'utf8').then(
      status => (peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))),
      () => undefined,
    )
  }, 5)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  }).finally(() => clearInterval(watch))
  if (code !== 0)
    throw new Error(`${program} ${args.join(' ')} ended with ${code}: ${Buffer.concat(said).toString()}`)
  return { seconds: (performance.now() - start) / 1000, peakMegabytes: (peak * 1024) / 1e6 }
}

export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
