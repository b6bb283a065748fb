// The far side of a worker or child process: answers requests with an engine, one after another.
import { EngineError } from './engine-error.ts'
import type { Engine, EngineRan } from './engine.ts'
import {
  buffersOf,
  errorToData,
  type Answer,
  type Numbered,
  type OrtChoice,
  type Request,
} from './message.ts'

export interface ServedPort {
  send(answer: Answer, transfer: ArrayBuffer[]): void
  /** Lets the worker or process end. */
  end(): void
}

/** The function to call with each message that comes in. `start` makes the engine once it is known which ORT to load. */
export function serveEngine(
  port: ServedPort,
  start: (choice: OrtChoice) => Promise<Engine>,
): (message: Numbered) => void {
  let engine: Engine | undefined
  let turn: Promise<void> = Promise.resolve()
  const answer = async ({ number, request }: Numbered): Promise<void> => {
    try {
      if (request.kind === 'start') engine = await start(request.ort)
      const value = request.kind === 'start' ? null : await perform(engine, request)
      port.send({ number, ok: true, value: value ?? null }, request.kind === 'run' ? transferable(value) : [])
    } catch (error) {
      port.send({ number, ok: false, error: errorToData(error) }, [])
    }
    if (request.kind === 'close') port.end()
  }
  return message => {
    turn = turn.then(() => answer(message))
  }
}

function perform(engine: Engine | undefined, request: Request): Promise<unknown> {
  if (!engine) throw new EngineError('protocol', 'Expected a start request before any other.')
  switch (request.kind) {
    case 'info':
      return engine.info()
    case 'open':
      return engine.open(request.id, request.source, request.options)
    case 'run':
      return engine.run(request.id, request.run)
    case 'free':
      return engine.free(request.slots)
    case 'release':
      return engine.release(request.id)
    default:
      return engine.close()
  }
}

function transferable(value: unknown): ArrayBuffer[] {
  return isRan(value) ? buffersOf(value.outputs) : []
}

function isRan(value: unknown): value is EngineRan {
  return typeof value === 'object' && value !== null && 'outputs' in value
}
