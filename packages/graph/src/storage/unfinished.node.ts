// Saves under way, so that a process that is told to end takes their temporary files with it. Signals belong to the
// whole process, hence the one set here; the listeners are there only while it is not empty.

const unfinished = new Set<() => void>()
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const

/** Runs `remove` (which must be synchronous) when the process ends before the returned function is called. */
export function removeIfEnded(remove: () => void): () => void {
  if (unfinished.size === 0) {
    process.on('exit', removeAll)
    for (const signal of signals) process.on(signal, onSignal)
  }
  unfinished.add(remove)
  return () => {
    unfinished.delete(remove)
    if (unfinished.size === 0) stopListening()
  }
}

function removeAll(): void {
  for (const remove of unfinished) remove()
  unfinished.clear()
}

/** With no other listener the signal ends the process as it would have without us; otherwise that listener decides. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return
  removeAll()
  stopListening()
  process.kill(process.pid, signal)
}

function stopListening(): void {
  process.off('exit', removeAll)
  for (const signal of signals) process.off(signal, onSignal)
}
