// Threads for work that is worth it, started when they are first needed and ended when nothing needs them for a while.
import { DamsonError } from '@damson/graph'
import {
  threadBase,
  threadStart,
  type KernelThread,
  type ThreadJob,
  type ThreadResult,
} from '@damson/numerics'
import { startThread, threadCount, whenIdle } from '#threads'

/** What a thread tells: an answer, or that it came to an end by itself. */
interface Listener {
  readonly answer: (reply: unknown) => void
  readonly failed: (reason: string) => void
}

interface Started {
  post(message: unknown, transfer: readonly ArrayBuffer[]): void
  /** Says whether it has work. */
  busy(is: boolean): void
  end(): void
}

/** Starts a thread that runs `threadProgram`; may throw. */
export type StartThread = (listener: Listener) => Started

export interface PoolThread {
  readonly thread: KernelThread
  /** First address of its memory that may be used. */
  readonly base: number
}

export interface ThreadPool {
  /** The threads, started if they are not; empty where there can be none. Whoever got them says when it is done. */
  take(): Promise<readonly PoolThread[]>
  release(): void
}

/** Most threads: more would only wait for the reading. */
const most = 8

/** A pool for one user at a time. `onFallback` hears, once, why there are no threads. */
export function createThreadPool(onFallback: (reason: string) => void): ThreadPool {
  let threads: Promise<readonly (PoolThread & { end(): void })[]> | undefined
  let forbidden = false
  let stopWaiting = (): void => {}
  const end = (): void => {
    void threads?.then(all => all.forEach(each => each.end()))
    threads = undefined
  }
  return {
    take: async () => {
      stopWaiting()
      const count = Math.min(most, threadCount())
      if (forbidden || count < 2) return []
      try {
        return await (threads ??= Promise.all(Array.from({ length: count }, open)))
      } catch (error) {
        forbidden = true
        threads = undefined
        onFallback(`Threads cannot be started here, this one does the work: ${String(error)}`)
        return []
      }
    },
    release: () => {
      stopWaiting = whenIdle(end)
    },
  }
}

async function open(): Promise<PoolThread & { end(): void }> {
  const waiting = new Map<
    number,
    { resolve: (result: ThreadResult) => void; reject: (error: Error) => void }
  >()
  const fail = (reason: string): void => {
    for (const { reject } of waiting.values()) reject(new DamsonError('thread', `A thread ended: ${reason}`))
    waiting.clear()
  }
  const started = startThread({
    answer: reply => {
      if (!isReply(reply)) return
      const { id } = reply
      const job = waiting.get(id)
      waiting.delete(id)
      if (waiting.size === 0) started.busy(false)
      if ('result' in reply) job?.resolve(reply.result)
      else job?.reject(new DamsonError('thread', `A thread failed: ${reply.error}`))
    },
    failed: fail,
  })
  let jobs = 0
  const thread: KernelThread = {
    run: (job: ThreadJob) =>
      new Promise((resolve, reject) => {
        const id = jobs++
        started.busy(true)
        waiting.set(id, { resolve, reject })
        started.post(
          { id, job },
          job.writes.map(([, bytes]) => bytes.buffer),
        )
      }),
  }
  const base = threadBase(await thread.run(threadStart()))
  return { thread, base, end: () => started.end() }
}

type Reply = { readonly id: number } & ({ readonly result: ThreadResult } | { readonly error: string })

function isReply(value: unknown): value is Reply {
  return (
    typeof value === 'object' && value !== null && 'id' in value && ('result' in value || 'error' in value)
  )
}
