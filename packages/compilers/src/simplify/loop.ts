// What `simplify` does to one graph, as a generator: it asks where something has to be computed or compared, and goes on
// with the answer. `fit` answers by running and reading, and notes the answers; `rewrite` goes the same way by the notes.
import type { StateValue } from '@damson/core'
import {
  chooseBranches, constantRegions, eliminateCommon, foldShapes, foldValues, inferTypes, inlineFunctions, isRefusal,
  initializersOffInputs, mapBodies, mergeWeights, pruneOpsets, removeDead, rewrite, scopes, upgradeOpset, DamsonError,
  type Graph, type Rule, type ValueInfo,
} from '@damson/graph' // prettier-ignore
import { mergeEqualSizes } from '../sizes/equal-sizes.ts'
import { constantReshapes } from '../sizes/reshape-targets.ts'
import { joinConcats } from './joined-concats.ts'
import { rulesIn, type RuleSet } from './rule-sets.ts'
import { tensorsIn, textsIn, twinsIn } from './answers.ts'
import { tieTwins } from './turned-twins.ts'

/** `run`: outputs of a graph without inputs. `compare`: which of its weights are equal, as they stand or transposed. */
export interface Question {
  readonly kind: 'run' | 'compare'
  readonly graph: Graph
}

export type Asking = Generator<Question, Graph, StateValue>

export interface Simplification {
  readonly sets: ReadonlySet<RuleSet>
  /** Larger results stay computed, in bytes. */
  readonly limitBytes: number
  readonly functions: 'keep' | 'inline'
  readonly opset: number | 'keep'
  /** False where only some nodes may be touched: inputs and weights stay as they are. */
  readonly whole?: boolean
}

/** Rounds after which something undoes what something else does; models need 3 to 6. */
const mostRounds = 50

/** The simplified graph; the graph itself where nothing is to be done. */
export function* simplified(graph: Graph, options: Simplification): Asking {
  const raised = upgraded(options.functions === 'inline' ? inlineFunctions(graph) : graph, options.opset)
  const whole = options.whole !== false
  const plain = whole && options.sets.has('identities') ? initializersOffInputs(raised) : raised
  const settled = yield* toFixpoint(plain, options)
  const merged = whole && options.sets.has('weights') ? yield* oneOfEach(settled) : settled
  const done = merged === settled ? settled : yield* toFixpoint(merged, options)
  return done === graph ? graph : withoutNewTypes(done, graph)
}

/** Answers questions from a list, in their order. */
export function replayed(asking: Asking, answers: readonly StateValue[]): Graph {
  const next = answers[Symbol.iterator]()
  let step = asking.next()
  while (step.done !== true) step = asking.next(next.next().value ?? null)
  return step.value
}

function upgraded(graph: Graph, opset: Simplification['opset']): Graph {
  const raised = opset === 'keep' ? graph : upgradeOpset(graph, opset)
  if (isRefusal(raised))
    throw new DamsonError('opset', `Expected a graph that opset ${opset} can hold: ${raised.refused}.`)
  return raised
}

function* toFixpoint(start: Graph, options: Simplification): Asking {
  const rules = rulesIn(options.sets)
  let graph = start
  for (let round = 0; round < mostRounds; round++) {
    const before = graph
    graph = yield* folded(ruled(graph, rules), options)
    graph = passed(graph, options.sets)
    if (graph === before) return graph
  }
  throw new DamsonError(
    'not-converging',
    `Expected an end within ${mostRounds} rounds. Leave a set of rules out.`,
  )
}

/** Rules see inferred types; where none matches, the graph stays as it was. */
function ruled(graph: Graph, rules: readonly Rule[]): Graph {
  if (rules.length === 0) return graph
  const typed = inferTypes(graph)
  const { graph: next } = rewrite(typed, rules)
  return next === typed ? graph : next
}

function* folded(graph: Graph, { sets, limitBytes }: Simplification): Asking {
  if (!sets.has('constants')) return graph
  let now = foldShapes(graph, { limitBytes })
  for (let before: Graph | undefined; before !== now;) {
    before = now
    const results = new Map<string, ReturnType<typeof tensorsIn>>()
    for (const region of constantRegions(now, { limitBytes }))
      results.set(region.path, tensorsIn(yield { kind: 'run', graph: region.graph }))
    now = foldValues(now, results)
  }
  return now
}

function passed(graph: Graph, sets: ReadonlySet<RuleSet>): Graph {
  let now = graph
  if (sets.has('views')) now = joinConcats(now)
  if (sets.has('sizes')) now = mergeEqualSizes(constantReshapes(now))
  if (sets.has('branches')) now = chooseBranches(now)
  if (sets.has('common')) now = eliminateCommon(now)
  return pruneOpsets(removeDead(now))
}

function* oneOfEach(graph: Graph): Asking {
  const answer = yield { kind: 'compare', graph }
  return tieTwins(mergeWeights(graph, textsIn(answer)), twinsIn(answer))
}

/** Notes on types that the source did not have go again: they are a third of the bytes of a small model. */
function withoutNewTypes(graph: Graph, source: Graph): Graph {
  const noted = new Set([...scopes(source)].flatMap(({ body }) => [...body.types.keys()]))
  const slim = (types: ReadonlyMap<string, ValueInfo>): ReadonlyMap<string, ValueInfo> =>
    new Map([...types].filter(([name]) => noted.has(name)))
  return mapBodies(graph, body => {
    const types = slim(body.types)
    return types.size === body.types.size ? body : body.with({ types })
  })
}
