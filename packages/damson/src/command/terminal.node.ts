// The terminal of a process. Colours and bars only where somebody looks.
import { SingleBar } from 'cli-progress'
import pc from 'picocolors'
import { exitCodes } from './exit-codes.ts'
import type { Progress, Terminal } from './terminal.ts'

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
    progress: () => (process.stderr.isTTY === true ? bar() : { update: () => {}, stop: () => {} }),
    signal: controller.signal,
    cwd: process.cwd(),
  }
}

function bar(): Progress {
  const shown = new SingleBar({
    format: '{label} {bar} {percentage} %{eta_formatted}',
    formatTime: timeLeft,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    barsize: 28,
    etaBuffer: 50,
  })
  let label = ''
  return {
    update(next, done, total) {
      if (next !== label) {
        if (label !== '') shown.stop()
        shown.start(Math.max(total, 1), done, { label: next })
        label = next
      }
      shown.setTotal(Math.max(total, 1))
      shown.update(done, { label: next })
    },
    stop() {
      if (label !== '') shown.stop()
      label = ''
    },
  }
}

/** ` · 12 s left`, or nothing while that is not known. */
function timeLeft(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 1) return ''
  const text = seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`
  return ` · ${text} left`
}
