// Adds statistics to a graph as further outputs. Values inside the branches of an `If` are measured there and routed out: the
// branch gives what it measured and that it ran, the other branch gives neutral values of the same types.
import {
  Draft,
  Graph,
  innerScopes,
  memoryTensor,
  scopeOf,
  withNestedBodies,
  DamsonError,
  byteLengthOf,
  type Body,
  type Node,
  type Scope,
  type ValueInfo,
} from '@damson/graph'
import { Emitter } from './emitter.ts'
import { emitMeasure, type Measure, type Tap } from './measures.ts'

/** The taps of one measure, under the names of the augmented graph's outputs. */
export interface Measured {
  readonly measure: Measure
  readonly taps: readonly Tap[]
}

export interface Augmented {
  readonly graph: Graph
  readonly measured: readonly Measured[]
}

/** Throws `statistics` naming the value: unknown, or inside a body that cannot be measured. */
export function augment(graph: Graph, measures: readonly Measure[]): Augmented {
  const rest = new Set(measures)
  let count = 0
  const work: Work = { rest, opset: graph.opset(), label: () => `damson_statistic_${++count}` }
  const { body, measured } = augmentScope(scopeOf(graph), work)
  for (const { value } of rest) throw unknownValue(value)
  const whole = withOutputs(body, tapsOf(measured))
  if (!(whole instanceof Graph)) throw new DamsonError('statistics', 'Expected a whole graph, got a body.')
  return { graph: whole, measured }
}

interface Work {
  /** Measures whose value was not met yet. */
  readonly rest: Set<Measure>
  readonly opset: number
  /** A label that no other body got: drafts of different bodies do not know of each other's new names. */
  readonly label: () => string
}

interface Result {
  readonly body: Body
  readonly measured: readonly Measured[]
}

/** Measures this body and those inside it, and takes what it found out of `rest`. The taps are not outputs yet. */
function augmentScope(scope: Scope, work: Work): Result {
  const draft = new Draft(scope.body, scope)
  const measured = [...augmentOwn(draft, scope, work)]
  for (const node of scope.body.nodes) {
    const inner = innerScopes(scope, node)
    const wanted = [...work.rest].find(({ value }) => inner.some(({ path }) => value.startsWith(`${path}/`)))
    if (!wanted) continue
    if (node.op !== 'If' || node.domain !== '') throw loopError(wanted.value, node)
    measured.push(...augmentIf(draft, node, inner, work))
  }
  return { body: draft.finish(), measured }
}

/** Measures the values that this body defines itself; in a branch together with a flag that says that it ran. */
function augmentOwn(draft: Draft, scope: Scope, { rest, opset, label }: Work): readonly Measured[] {
  const nested = scope.path !== ''
  const prefix = nested ? `${scope.path}/` : ''
  const found = [...rest].filter(
    ({ value }) => value.startsWith(prefix) && defines(scope, value.slice(prefix.length)),
  )
  if (found.length === 0) return []
  const emit = new Emitter(draft, opset, label())
  return found.map(measure => {
    rest.delete(measure)
    const taps = emitMeasure(emit, measure.value.slice(prefix.length), measure)
    if (!nested) return { measure, taps }
    const ran: Tap = { field: 'ran', dtype: 'int32', rank: 1, name: emit.constant('int32', [1]) }
    return { measure, taps: [...taps, ran] }
  })
}

/** Extends an `If` by the taps of both branches, and returns them under the names of its new outputs. */
function augmentIf(draft: Draft, node: Node, branches: readonly Scope[], work: Work): readonly Measured[] {
  const results = branches.map(branch => augmentScope(branch, work))
  const taps = results.map(({ measured }) => tapsOf(measured))
  const outer = taps.map(own => new Map(own.map(tap => [tap.name, draft.fresh(work.label())])))
  const bodies = results.map(({ body }, own) =>
    taps.reduce((made, some, at) => (at === own ? withOutputs(made, some) : withNeutral(made, some)), body),
  )
  const outputs = [...node.outputs, ...outer.flatMap(names => [...names.values()])]
  draft.replace(node, { ...withNestedBodies(node, bodies), outputs })
  return results.flatMap(({ measured }, at) =>
    measured.map(each => ({
      ...each,
      taps: each.taps.map(tap => ({ ...tap, name: outer[at]?.get(tap.name) ?? tap.name })),
    })),
  )
}

/** Each tap once: measures of one value share what they count. */
function tapsOf(measured: readonly Measured[]): readonly Tap[] {
  return [...new Map(measured.flatMap(({ taps }) => taps).map(tap => [tap.name, tap])).values()]
}

function withOutputs(body: Body, taps: readonly Tap[]): Body {
  return body.with({ outputs: [...body.outputs, ...taps.map(outputOf)] })
}

/** Gives zeros where the other branch gives taps. */
function withNeutral(body: Body, taps: readonly Tap[]): Body {
  const neutral = taps.map(tap => ({ ...tap, name: `${tap.name}_neutral` }))
  const nodes = neutral.map((tap): Node => {
    const shape = tap.rank === 1 ? [1] : [1, 1]
    const value = memoryTensor(tap.dtype, shape, new Uint8Array(byteLengthOf(tap.dtype, shape)))
    const attributes: Node['attributes'] = new Map([['value', { type: 'tensor', value }]])
    return {
      op: 'Constant',
      domain: '',
      name: tap.name,
      inputs: [],
      outputs: [tap.name],
      attributes,
      origins: [],
    }
  })
  return withOutputs(body.with({ nodes: [...body.nodes, ...nodes] }), neutral)
}

function outputOf({ name, dtype, rank }: Tap): ValueInfo {
  return { name, type: { kind: 'tensor', dtype, shape: rank === 1 ? [null] : [null, null] } }
}

function defines({ body }: Scope, name: string): boolean {
  return body.isInput(name) || body.initializers.has(name) || body.producer(name) !== undefined
}

function loopError(value: string, { op }: Node): DamsonError {
  return new DamsonError(
    'statistics',
    `Expected a value of the graph or of an If branch, got "${value}" inside a ${op}, which may run it any number of ` +
      'times. Ask for a value outside.',
    { details: { value } },
  )
}

function unknownValue(value: string): DamsonError {
  return new DamsonError(
    'statistics',
    `Expected the name of a value (inner ones as path/name), got "${value}".`,
    {
      details: { value },
    },
  )
}
