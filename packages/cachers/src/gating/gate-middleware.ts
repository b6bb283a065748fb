// Drives gates: at each call every gate is told to run or to make its values from what it kept. What is kept belongs to one
// branch of guidance and to one set of sizes, so nothing of another batch or another branch is ever handed on.
import type { Branch, Call, Feeds, Middleware, Outputs, TensorData } from '@damson/core'
import { sameSizes, sizesByName, timeOf, type Sizes } from './fed-values.ts'
import type { GatePorts } from './gate-ports.ts'

/** What was kept of one run of a gate, and when. */
interface Kept {
  readonly step: number
  /** The timestep that was fed, where there is such an input. */
  readonly time: number | undefined
  /** By cut. */
  readonly tensors: readonly TensorData[]
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
  const memory = gates.map(() => new Map<Branch, { sizes: Sizes; kept: readonly Kept[] }>())
  const seen = new WeakSet<TensorData>()
  return {
    part,
    around: next => async (feeds, call) => {
      const time = timeOf(feeds)
      const sizes = sizesByName(feeds)
      const states = memory.map(each => {
        const state = each.get(call.branch)
        return state && sameSizes(state.sizes, sizes) ? state.kept : []
      })
      const decisions = gates.map((gate, at): Decision => {
        const kept = states[at] ?? []
        return kept.length === 0 ? 'run' : gate.decide({ ...call, time, feeds, kept })
      })
      const driven = decisions.map((decision, at) => feedsOf(gates[at]?.ports, decision, states[at] ?? []))
      const outputs = await next(Object.assign({}, feeds, ...driven), call)
      gates.forEach((gate, at) => {
        const decision = decisions[at] ?? 'run'
        const tensors = keptOf(gate.ports, outputs)
        // A cacher further in may have answered with the outputs of an earlier call.
        const isNew = tensors.every(tensor => !seen.has(tensor))
        for (const tensor of tensors) seen.add(tensor)
        const ran = isNew && (decision === 'run' || ('ran' in decision && decision.ran(outputs)))
        if (ran) {
          const kept = [{ step: call.step, time, tensors }, ...(states[at] ?? [])]
          const most = gate.ports.caches[0]?.inputs.length ?? 1
          memory[at]?.set(call.branch, { sizes, kept: kept.slice(0, most) })
        }
        gate.after?.(call, outputs, ran, feeds)
      })
      return outputs
    },
  }
}

function feedsOf(ports: GatePorts | undefined, decision: Decision, kept: readonly Kept[]): Feeds {
  if (!ports || decision === 'run') return {}
  const feeds: Record<string, TensorData> = { ...('feeds' in decision ? decision.feeds : {}) }
  if (ports.run !== undefined) feeds[ports.run] = closed
  ports.caches.forEach(({ inputs }, cut) => {
    inputs.forEach((name, age) => {
      const tensor = kept[Math.min(age, kept.length - 1)]?.tensors[cut]
      if (tensor) feeds[name] = tensor
    })
  })
  if (ports.weights !== undefined) {
    const most = ports.caches[0]?.inputs.length ?? 1
    const given = 'weights' in decision ? decision.weights : undefined
    const data = Float32Array.from({ length: most }, (_, age) => given?.[age] ?? (given || age > 0 ? 0 : 1))
    feeds[ports.weights] = { dtype: 'float32', shape: [most], data }
  }
  return feeds
}

const closed: TensorData = { dtype: 'bool', shape: [], data: Uint8Array.of(0) }

function keptOf(ports: GatePorts, outputs: Outputs): readonly TensorData[] {
  return ports.caches.flatMap(({ output }) => outputs[output] ?? [])
}
