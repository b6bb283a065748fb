// Sessions of one engine run one after another: onnxruntime-node blocks its thread and onnxruntime-web must not be entered
// twice. The lane is where callers wait. It is bounded, and whoever aborts leaves it at once.
import { DamsonError } from '@damson/graph'

interface Waiting {
  readonly start: () => void
}

export interface Lane {
  /** Runs a task when its turn comes. Rejects at once with the signal's reason, with `queue-full` or with `closed`. */
  run<T>(
    task: () => Promise<T>,
    options?: { signal?: AbortSignal | undefined; onAbort?: () => void },
  ): Promise<T>
  /** Refuses new tasks and waits until those accepted are done. */
  drain(): Promise<void>
}

/** A lane that lets `limit` tasks wait behind the one that runs. */
export function openLane(limit: number): Lane {
  const waiting: Waiting[] = []
  const idle: (() => void)[] = []
  let busy = false
  let closed = false
  const next = (): void => {
    const first = waiting.shift()
    busy = first !== undefined
    if (first) first.start()
    else for (const wake of idle.splice(0)) wake()
  }
  const enter = (signal: AbortSignal | undefined): Promise<void> => {
    if (signal?.aborted) return Promise.reject(signal.reason)
    if (closed) return Promise.reject(closedError())
    if (!busy) {
      busy = true
      return Promise.resolve()
    }
    if (waiting.length >= limit) return Promise.reject(fullError(limit))
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        waiting.splice(waiting.indexOf(entry), 1)
        reject(signal?.reason)
      }
      const entry: Waiting = {
        start: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      waiting.push(entry)
    })
  }
  return {
    async run(task, { signal, onAbort } = {}) {
      await enter(signal)
      const running = task().finally(next)
      return signal ? untilAborted(running, signal, onAbort) : running
    },
    drain() {
      closed = true
      return busy ? new Promise(resolve => idle.push(resolve)) : Promise.resolve()
    },
  }
}

/** The promise, or a rejection with the signal's reason as soon as it is aborted. */
export function untilAborted<T>(work: Promise<T>, signal: AbortSignal, onAbort?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      onAbort?.()
      reject(signal.reason)
    }
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

function closedError(): DamsonError {
  return new DamsonError('closed', 'Expected an open runtime, but this one was closed. Create another.')
}

function fullError(limit: number): DamsonError {
  return new DamsonError(
    'queue-full',
    `Expected at most ${limit} runs to wait; one more came. Await runs before starting more, or raise \`queue\`.`,
    { details: { limit } },
  )
}
