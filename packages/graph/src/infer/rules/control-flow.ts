// If, Loop and Scan: their bodies are inferred with what is known outside, and what comes out is what holds in every
// branch and after any number of iterations.
import type { Dim } from '../../ir.ts'
import type { Call, Rule, RuleTable } from '../call.ts'
import { tensorFact, unknown, type Fact } from '../fact.ts'
import { mergeFacts } from '../merge.ts'

const conditional: Rule = call => {
  const [yes, no] = [call.body('then_branch'), call.body('else_branch')]
  if (!yes || !no) return call.fail('If without its two branches')
  const [first, second] = [call.enter(yes, []), call.enter(no, [])]
  const chosen = call.scalar(0)
  return call.node.outputs.map((_, at) => {
    const [a, b] = [first[at] ?? unknown, second[at] ?? unknown]
    return chosen === 1 ? a : chosen === 0 ? b : mergeFacts(a, b)
  })
}

const same = (a: readonly Fact[], b: readonly Fact[]): boolean => JSON.stringify(a) === JSON.stringify(b)

/** Widens carried values until an iteration leaves them as they are; ends, since each round only forgets. */
function settle(
  carried: readonly Fact[],
  iterate: (state: readonly Fact[]) => readonly Fact[],
): { readonly state: readonly Fact[]; readonly outputs: readonly Fact[] } {
  let state = carried
  for (let round = 0; round < 8; round++) {
    const outputs = iterate(state)
    const next = state.map((fact, at) => mergeFacts(fact, outputs[at] ?? unknown))
    if (same(next, state)) return { state, outputs }
    state = next
  }
  const forgotten = state.map(() => unknown)
  return { state: forgotten, outputs: iterate(forgotten) }
}

/** What holds outside of a body that ran several times: sizes without a name there may differ each time. */
function leaving(fact: Fact): Fact {
  const { type } = fact
  if (type?.kind !== 'tensor') return fact.type ? { type: fact.type } : unknown
  return tensorFact(type.dtype, type.shape?.map(named))
}

const named = (dim: Dim): Dim => (typeof dim === 'string' && dim.includes('?') ? null : dim)

/** A fact as a loop carries it: anonymous sizes can change, so they start as unknown. */
const carriedFact = (fact: Fact): Fact => {
  const { type } = fact
  if (type?.kind !== 'tensor' || !type.shape) return fact
  return tensorFact(type.dtype, type.shape.map(named), fact.elements)
}

/** Inputs: trip count, condition, carried values. Body: iteration, condition, carried → condition, carried, scanned. */
const loop: Rule = call => {
  const body = call.body('body')
  if (!body) return call.fail('Loop without a body')
  const start = call.facts.slice(2).map(carriedFact)
  const iteration = tensorFact('int64', [])
  const condition = tensorFact('bool', [])
  const { state, outputs } = settle(start, carried =>
    call.enter(body, [iteration, condition, ...carried]).slice(1),
  )
  const scanned = outputs.slice(state.length).map(fact => stacked(leaving(fact), 0, null))
  return [...state, ...scanned]
}

/** One more dimension, the iterations, at an axis. */
function stacked(fact: Fact, axis: number, length: Dim): Fact {
  const { type } = fact
  if (type?.kind !== 'tensor') return unknown
  const at = type.shape && (axis < 0 ? axis + type.shape.length + 1 : axis)
  return tensorFact(type.dtype, at === undefined ? undefined : type.shape?.toSpliced(at, 0, length))
}

const scan: Rule = call => {
  const body = call.body('body')
  const scanCount = call.int('num_scan_inputs', 0)
  if (!body || scanCount < 1) return call.fail('Scan without a body or scanned inputs')
  if (call.opset < 9) return call.enter(body, []).map(() => unknown)
  const states = call.count - scanCount
  const inputAxes = call.ints('scan_input_axes')
  const outputAxes = call.ints('scan_output_axes')
  const scanned = call.facts.slice(states).map((fact, at) => unstacked(call, fact, inputAxes?.[at] ?? 0))
  const length = scanned.map(each => each.length).find(each => each !== null) ?? null
  const slices = scanned.map(each => each.slice)
  const { state, outputs } = settle(call.facts.slice(0, states).map(carriedFact), carried =>
    call.enter(body, [...carried, ...slices]),
  )
  const rest = outputs.slice(states).map((fact, at) => stacked(leaving(fact), outputAxes?.[at] ?? 0, length))
  return [...state, ...rest]
}

function unstacked(call: Call, fact: Fact, axis: number): { readonly slice: Fact; readonly length: Dim } {
  const { type } = fact
  if (type?.kind !== 'tensor' || !type.shape) return { slice: unknown, length: null }
  const at = call.axis(axis, type.shape.length)
  if (at === undefined) return { slice: unknown, length: null }
  return { slice: tensorFact(type.dtype, type.shape.toSpliced(at, 1)), length: type.shape[at] ?? null }
}

export const controlFlowRules: RuleTable = { If: conditional, Loop: loop, Scan: scan }
