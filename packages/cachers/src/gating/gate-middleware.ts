// Drives gates: at each call every gate is told to run or to make its values from what it kept. What is kept belongs to one
// branch of guidance and to one set of sizes, so nothing of another batch or another branch is ever handed on. It stays where
// sessions run, as far as the runtime has slots.
import type { Branch, Call, Feeds, Middleware, Outputs, Run, TensorData } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { sameSizes, sizesByName, timeOf, type Sizes } from './fed-values.ts'
import { fedWith, heldOf, isThere, keptAs, letGo, type Held } from './held-tensors.ts'
import type { GatePorts } from './gate-ports.ts'

/** What was kept of one run of a gate, and when. */
interface Kept {
  readonly step: number
  /** The timestep that was fed, where there is such an input. */
  readonly time: number | undefined
  /** By cut. */
  readonly tensors: readonly Held[]
}

/** What a gate does at one call. `weights`: of what was kept, the last first; the last one alone where not given. */
type Decision =
  | 'run'
  | { readonly weights?: readonly number[] }
  /** The graph decides; `feeds` is what it decides by, `ran` reads its answer. */
  | { readonly feeds: Feeds; readonly ran: (outputs: Outputs) => boolean }

export interface GateCall extends Call {
  readonly time: number | undefined
  readonly feeds: Feeds
  /** What this branch kept, the last first; never empty. */
  readonly kept: readonly Kept[]
}

interface DrivenGate {
  readonly ports: GatePorts
  /** Asked when something was kept; the first call of a branch always runs. */
  decide(call: GateCall): Decision
  /** Told of every call after it, with its own feeds: whether the region ran. */
  after?(call: Call, outputs: Outputs, ran: boolean, feeds: Feeds): void
}

export interface Driver {
  readonly part: string
  readonly gates: readonly DrivenGate[]
}

/** One generation's middleware around the gates of a part. */
export function driveGates({ part, gates }: Driver): ReturnType<Middleware> {
  const driven = gates.map(driveGate)
  const drive = async (next: Run, feeds: Feeds, call: Call): Promise<Outputs> => {
    const turns = driven.map(turn => turn(call, feeds, timeOf(feeds), sizesByName(feeds)))
    const outputs = await next(Object.assign({}, feeds, ...turns.map(turn => turn.feeds)), {
      ...call,
      keeps: Object.assign({}, call.keeps, ...turns.map(turn => turn.keeps)),
      takes: Object.assign({}, call.takes, ...turns.map(turn => turn.takes)),
    })
    for (const turn of turns) turn.end(outputs)
    return outputs
  }
  return {
    part,
    around: next => async (feeds, call) => {
      try {
        return await drive(next, feeds, call)
      } catch (error) {
        if (!DamsonError.isInstance(error, 'slot-lost')) throw error
        // The process that held it was ended by the abort of another generation: what is gone is computed anew.
        return drive(next, feeds, call)
      }
    },
  }
}

/** What one gate does at one call. */
interface Turn {
  readonly feeds: Feeds
  readonly takes: NonNullable<Call['takes']>
  readonly keeps: NonNullable<Call['keeps']>
  /** Told the outputs. */
  end(outputs: Outputs): void
}

/** One gate in one generation. */
function driveGate({
  ports,
  decide,
  after,
}: DrivenGate): (call: Call, feeds: Feeds, time: number | undefined, sizes: Sizes) => Turn {
  const memory = new Map<Branch, { readonly sizes: Sizes; readonly kept: readonly Kept[] }>()
  const seen = new WeakSet<Held>()
  const names = ports.caches.map(({ output }) => output)
  return (call, feeds, time, sizes) => {
    const state = memory.get(call.branch)
    const kept = state && sameSizes(state.sizes, sizes) ? stillThere(state.kept) : []
    const decision = kept.length === 0 ? 'run' : decide({ ...call, time, feeds, kept })
    const keeps = keptAs(names, decision === 'run' || 'ran' in decision, call.slot)
    return {
      ...fedBy(ports, decision, kept),
      keeps,
      end(outputs) {
        const tensors = names.flatMap(name => heldOf(name, keeps, outputs) ?? [])
        // A cacher further in may have answered with the outputs of an earlier call: then slots stay empty.
        const isNew = tensors.length >= Object.keys(keeps).length && tensors.every(each => !seen.has(each))
        for (const tensor of tensors) seen.add(tensor)
        const ran = isNew && (decision === 'run' || ('ran' in decision && decision.ran(outputs)))
        const before = memory.get(call.branch)?.kept ?? []
        const now = ran ? [{ step: call.step, time, tensors }, ...kept].slice(0, historyOf(ports)) : before
        if (ran) memory.set(call.branch, { sizes, kept: now })
        const held = new Set(now.flatMap(each => each.tensors))
        const offered = Object.values(keeps).flatMap(each => (each === 'leave' ? [] : each))
        for (const each of [...offered, ...before.flatMap(each => each.tensors)])
          if (!held.has(each)) letGo(each)
        after?.(call, outputs, ran, feeds)
      },
    }
  }
}

/** As far back as nothing is lost. */
function stillThere(kept: readonly Kept[]): readonly Kept[] {
  const lost = kept.findIndex(({ tensors }) => !tensors.every(isThere))
  return lost < 0 ? kept : kept.slice(0, lost)
}

/** How many earlier results a gate takes. */
function historyOf(ports: GatePorts): number {
  return ports.caches[0]?.inputs.length ?? 1
}

function fedBy(ports: GatePorts, decision: Decision, kept: readonly Kept[]): Pick<Turn, 'feeds' | 'takes'> {
  if (decision === 'run') return { feeds: {}, takes: {} }
  const feeds: Record<string, TensorData> = { ...('feeds' in decision ? decision.feeds : {}) }
  if (ports.run !== undefined) feeds[ports.run] = closed
  if (ports.weights !== undefined) {
    const most = historyOf(ports)
    const given = 'weights' in decision ? decision.weights : undefined
    const data = Float32Array.from({ length: most }, (_, age) => given?.[age] ?? (given || age > 0 ? 0 : 1))
    feeds[ports.weights] = { dtype: 'float32', shape: [most], data }
  }
  const caches = ports.caches.flatMap(({ inputs }, cut) =>
    inputs.flatMap((name, age) => {
      const tensor = kept[Math.min(age, kept.length - 1)]?.tensors[cut]
      return tensor ? [[name, tensor] as const] : []
    }),
  )
  const fed = fedWith(caches)
  return { feeds: { ...feeds, ...fed.feeds }, takes: fed.takes }
}

const closed: TensorData = { dtype: 'bool', shape: [], data: Uint8Array.of(0) }
