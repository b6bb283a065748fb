// The terminal of a process. Colours and bars only where somebody looks.
import pc from 'picocolors'
import { graphicsOf } from '../pictures/graphics.ts'
import { exitCodes } from './exit-codes.ts'
import { noProgress, type Terminal } from './terminal.ts'

/** The terminal of this process; Ctrl-C aborts once and kills the second time. */
export function processTerminal(): Terminal {
  const controller = new AbortController()
  // The listener stays, so that unfinished files are left to us: to the abort, or to the end of the process.
  const stop = (): void => {
    if (controller.signal.aborted) process.exit(exitCodes.aborted)
    controller.abort()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    out: text => void process.stdout.write(`${text}\n`),
    note: text => void process.stderr.write(`${text}\n`),
    colors: pc.createColors(pc.isColorSupported && process.stdout.isTTY === true),
    graphics: process.stdout.isTTY === true ? graphicsOf(process.env) : 'none',
    // 0 where a terminal does not know.
    columns: process.stdout.columns || 80,
    progress: async () =>
      process.stderr.isTTY === true ? (await import('./progress-bar.ts')).progressBar() : noProgress,
    signal: controller.signal,
    cwd: process.cwd(),
  }
}
