// What a model asks of the runtime when it is opened: the options that its steps set for sessions, and their middleware.
import type { MachineTraits, Model, SessionOptions, Target } from '@damson/core'
import type { Graph } from '@damson/graph'
import { mergeSessionOptions } from '../session/session-options.ts'
import type { Opening } from './open-live.ts'

export interface OpeningSettings {
  readonly target: Target
  /** What the caller asked for; wins over the steps. */
  readonly session: SessionOptions
  readonly traits: () => Promise<MachineTraits>
}

/** The part that a bare graph is. */
export const mainPart = 'main'

export async function openingOf(what: Model | Graph, { session }: OpeningSettings): Promise<Opening> {
  if (!('parts' in what)) {
    return { parts: new Map([[mainPart, { graph: what, session }]]), ports: [], middleware: [] }
  }
  const parts = new Map(
    [...what.parts].map(([name, { graph }]) => [name, { graph, session: mergeSessionOptions(session) }]),
  )
  return { parts, ports: what.ports, middleware: [] }
}
