// Threads of Node: the program is given as text, so none of our files has to be found by a worker.
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { threadProgram } from '@damson/numerics'
import type { StartThread } from './thread-pool.ts'

const entry = `
const { parentPort } = require('node:worker_threads')
parentPort.on('message', message => answer(message, (reply, transfer) => parentPort.postMessage(reply, transfer)))
`

export const startThread: StartThread = ({ answer, failed }) => {
  const worker = new Worker(threadProgram + entry, { eval: true })
  worker.on('message', answer)
  worker.on('error', error => failed(String(error)))
  worker.unref()
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    // A thread that has nothing to do keeps no process alive.
    busy: is => (is ? worker.ref() : worker.unref()),
    end: () => void worker.terminate(),
  }
}

/** How many threads work at once without waiting for each other. */
export const threadCount = (): number => availableParallelism()

/** Calls `work` once nothing happened for a second, unless it is called off or the process ends. */
export function whenIdle(work: () => void): () => void {
  const timer = setTimeout(work, 1000).unref()
  return () => clearTimeout(timer)
}
