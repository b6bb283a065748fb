// An engine in a worker or child process. If the far side dies or is interrupted, only the call under way fails: a fresh
// one is started on the next use, and each session is reopened when it is next run. What slots held is lost with it.
import { DamsonError } from '@damson/graph'
import type { Engine, ModelSource, OrtSessionOptions, SessionShape } from './engine.ts'
import { detachable, type Answer, type Numbered, type OrtChoice, type Request } from './message.ts'
import { readInfo, readRan, readShape } from './read-answers.ts'

/** A started worker or child process. */
export interface Far {
  send(message: Numbered, transfer: ArrayBuffer[]): void
  /** Keeps this process alive while something is awaited. */
  hold(held: boolean): void
  /** Present when it can be stopped in the middle of a run without harm. */
  kill?(): void
  /** Lets go of what is left after it was asked to close. */
  end(): Promise<void>
}

export type StartFar = (on: {
  readonly answer: (answer: Answer) => void
  /** It ended by itself; `why` is what is known of the reason. */
  readonly gone: (why: string) => void
}) => Far

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

interface Opened {
  readonly source: ModelSource
  readonly options: OrtSessionOptions
}

/** An engine over whatever `start` starts. */
export function remoteEngine(start: StartFar, ort: OrtChoice): Engine {
  const known = new Map<number, Opened>()
  const openThere = new Set<number>()
  const keptThere = new Set<number>()
  let link: Link | undefined
  const forget = (): void => {
    openThere.clear()
    keptThere.clear()
  }
  const call = async (request: Request): Promise<unknown> => {
    if (!link || link.broken()) {
      forget()
      link = openLink(start)
      await link.call({ kind: 'start', ort })
    }
    return link.call(request)
  }
  const open = async (id: number, { source, options }: Opened): Promise<SessionShape> => {
    const shape = readShape(await call({ kind: 'open', id, source, options }))
    openThere.add(id)
    return shape
  }
  return {
    info: async () => readInfo(await call({ kind: 'info' })),
    async open(id, source, options) {
      const shape = await open(id, { source, options })
      known.set(id, { source, options })
      return shape
    },
    async run(id, run) {
      const session = known.get(id)
      if (!session)
        throw new DamsonError('session-closed', `Expected an open session, got closed session ${id}.`)
      if (link?.broken()) forget()
      if (!openThere.has(id)) await open(id, session)
      if (Object.values(run.takes).some(slot => !keptThere.has(slot))) throw lostError()
      const ran = readRan(await call({ kind: 'run', id, run }))
      for (const slot of run.frees) keptThere.delete(slot)
      for (const [name, slot] of Object.entries(run.keeps)) if (name in ran.kept) keptThere.add(slot)
      return ran
    },
    async free(slots) {
      if (!link || link.broken()) return
      await call({ kind: 'free', slots })
      for (const slot of slots) keptThere.delete(slot)
    },
    holds: slot => keptThere.has(slot) && link?.broken() === false,
    async release(id) {
      known.delete(id)
      if (openThere.delete(id) && link && !link.broken()) await link.call({ kind: 'release', id })
    },
    interrupt: () => link?.kill(),
    async close() {
      known.clear()
      if (link && !link.broken()) await link.call({ kind: 'close' })
      await link?.end()
      link = undefined
    },
  }
}

interface Link {
  call(request: Request): Promise<unknown>
  broken(): boolean
  kill(): void
  end(): Promise<void>
}

function openLink(start: StartFar): Link {
  const pending = new Map<number, Pending>()
  let lost: string | undefined
  let count = 0
  const settle = (number: number): Pending | undefined => {
    const entry = pending.get(number)
    pending.delete(number)
    if (pending.size === 0) far.hold(false)
    return entry
  }
  const lose = (why: string): void => {
    lost ??= why
    for (const number of [...pending.keys()]) settle(number)?.reject(crashError(why))
  }
  const far = start({
    answer: answer => {
      const entry = settle(answer.number)
      if (answer.ok) entry?.resolve(answer.value)
      else
        entry?.reject(
          new DamsonError(answer.error.code, answer.error.message, { details: answer.error.details }),
        )
    },
    gone: lose,
  })
  return {
    call(request) {
      if (lost !== undefined) return Promise.reject(crashError(lost))
      return new Promise((resolve, reject) => {
        const number = ++count
        pending.set(number, { resolve, reject })
        far.hold(true)
        const { request: sent, transfer } = packed(request)
        far.send({ number, request: sent }, transfer)
      })
    },
    broken: () => lost !== undefined,
    kill: () => {
      if (!far.kill) return
      lose('it was interrupted')
      far.kill()
    },
    end: () => far.end(),
  }
}

function packed(request: Request): { request: Request; transfer: ArrayBuffer[] } {
  if (request.kind !== 'run') return { request, transfer: [] }
  const { feeds, transfer } = detachable(request.run.feeds)
  return { request: { ...request, run: { ...request.run, feeds } }, transfer }
}

function lostError(): DamsonError {
  return new DamsonError(
    'slot-lost',
    'Expected what earlier calls kept, but the isolated runtime that held it has ended. Run without it.',
  )
}

function crashError(why: string): DamsonError {
  return new DamsonError(
    'crashed',
    `Expected the isolated runtime to answer, but it ended: ${why}. The model, its inputs or memory are to blame; ` +
      'this process goes on, and the next run starts a fresh one.',
    { details: { why } },
  )
}
