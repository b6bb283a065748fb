// The bar of long work, on standard error.
import { SingleBar } from 'cli-progress'
import type { Progress } from './terminal.ts'

/** A bar that appears with its first update. */
export function progressBar(): Progress {
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
