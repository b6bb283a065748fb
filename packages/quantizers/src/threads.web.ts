// Threads of browsers: the program is given as a Blob. Where a policy forbids those, starting fails and the caller does the work.
import { threadProgram } from '@damson/numerics'
import type { StartThread } from './thread-pool.ts'

const entry = `
onmessage = ({ data }) => answer(data, (reply, transfer) => postMessage(reply, transfer))
`

export const startThread: StartThread = ({ answer, failed }) => {
  const url = URL.createObjectURL(new Blob([threadProgram, entry], { type: 'text/javascript' }))
  const worker = new Worker(url)
  worker.addEventListener('message', (event: MessageEvent<unknown>) => answer(event.data))
  worker.addEventListener('error', event => failed(event.message))
  return {
    post: (message, transfer) => worker.postMessage(message, [...transfer]),
    busy: () => {},
    end: () => {
      worker.terminate()
      URL.revokeObjectURL(url)
    },
  }
}

/** How many threads work at once without waiting for each other. */
export const threadCount = (): number => globalThis.navigator?.hardwareConcurrency ?? 1

/** Calls `work` once nothing happened for a second, unless it is called off. */
export function whenIdle(work: () => void): () => void {
  const timer = setTimeout(work, 1000)
  return () => clearTimeout(timer)
}
