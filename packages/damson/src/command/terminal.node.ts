// The terminal of a process. Colours and bars only where somebody looks.
import { SingleBar } from 'cli-progress'
import pc from 'picocolors'
import type { Progress, Terminal } from './terminal.ts'

/** The terminal of this process; Ctrl-C aborts once and kills the second time. */
export function processTerminal(): Terminal {
  const controller = new AbortController()
  process.once('SIGINT', () => controller.abort())
  process.once('SIGTERM', () => controller.abort())
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
  const format = '{label} {bar} {percentage}% · {eta_formatted} left'
  const shown = new SingleBar({
    format,
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
