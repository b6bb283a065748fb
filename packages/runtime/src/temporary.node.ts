// Private temporary folders: removed when closed, when the process exits, and when a signal ends it.
import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folders = new Set<string>()
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
let watching = false

export interface TemporaryFolder {
  readonly path: string
  remove(): Promise<void>
}

/** A fresh folder that only this user can read. */
export async function temporaryFolder(): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(tmpdir(), 'damson-'))
  folders.add(path)
  watch()
  return {
    path,
    async remove() {
      await rm(path, { recursive: true, force: true })
      folders.delete(path)
      if (folders.size === 0) unwatch()
    },
  }
}

function watch(): void {
  if (watching) return
  watching = true
  process.on('exit', removeAll)
  for (const signal of signals) process.on(signal, onSignal)
}

function unwatch(): void {
  watching = false
  process.off('exit', removeAll)
  for (const signal of signals) process.off(signal, onSignal)
}

function removeAll(): void {
  for (const path of folders) rmSync(path, { recursive: true, force: true })
  folders.clear()
}

/** Having a listener takes the signal's default away, so it is given back unless somebody else listens too. */
function onSignal(signal: NodeJS.Signals): void {
  removeAll()
  unwatch()
  if (process.listenerCount(signal) === 0) process.kill(process.pid, signal)
}
