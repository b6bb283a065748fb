// What `simplify` does to one graph, as a generator: it asks where something has to be computed or compared, and goes on
// with the answer. `fit` answers by running and reading, and notes the answers; `rewrite` goes the same way by the notes.
import type { StateValue } from '@damson/core'
import {
  chooseBranches, constantRegions, eliminateCommon, foldShapes, foldValues, infer, inlineFunctions, isRefusal,
  initializersOffInputs, mapBodies, mergeWeights, pruneOpsets, removeDead, rewrite, scopes, upgradeOpset, DamsonError,
  type Body, type Graph, type Inference, type Rule,
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
  /** False where only some nodes may be touched: weights stay as they are. */
  readonly whole?: boolean
}

/** Rounds after which something undoes what something else does; models need 3 to 6. */
const mostRounds = 50

/** The simplified graph; the graph itself where nothing is to be done. */
export function* simplified(graph: Graph, options: Simplification): Asking {
  const raised = upgraded(options.functions === 'inline' ? inlineFunctions(graph) : graph, options.opset)
  const whole = options.whole !== false
  // What a caller may feed is no constant: nothing could be folded or merged.
  const plain = initializersOffInputs(raised)
  const bare = withoutClaims(plain)
  let done = yield* toFixpoint(bare, options)
  for (let merging = whole && options.sets.has('weights'); merging;) {
    const merged = yield* oneOfEach(done, options)
    merging = merged !== done
    if (merging) done = yield* toFixpoint(merged, options)
  }
  return done === bare ? plain : withTypesOf(done, plain)
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
  const inferOf = remembering()
  let graph = start
  for (let round = 0; round < mostRounds; round++) {
    const before = graph
    graph = yield* folded(ruled(graph, rules, inferOf), options, inferOf)
    graph = passed(graph, options.sets, inferOf)
    if (graph === before) return graph
  }
  throw new DamsonError(
    'not-converging',
    `Expected an end within ${mostRounds} rounds. Leave a set of rules out.`,
  )
}

type InferOf = (graph: Graph) => Inference

/** Inference that keeps its last answer: where nothing changes, one serves all passes. */
function remembering(): InferOf {
  let last: { readonly graph: Graph; readonly inference: Inference } | undefined
  return graph => {
    if (last?.graph !== graph) last = { graph, inference: infer(graph) }
    return last.inference
  }
}

/** Rules see inferred types; where none matches, the graph stays as it was. */
function ruled(graph: Graph, rules: readonly Rule[], inferOf: InferOf): Graph {
  if (rules.length === 0) return graph
  const typed = inferOf(graph).graph
  const { graph: next } = rewrite(typed, rules)
  return next === typed ? graph : next
}

function* folded(graph: Graph, { sets, limitBytes }: Simplification, inferOf: InferOf): Asking {
  if (!sets.has('constants')) return graph
  let now = foldShapes(graph, { limitBytes, inferOf })
  for (let before: Graph | undefined; before !== now;) {
    before = now
    const results = new Map<string, ReturnType<typeof tensorsIn>>()
    for (const region of constantRegions(now, { limitBytes }))
      results.set(region.path, tensorsIn(yield { kind: 'run', graph: region.graph }))
    now = foldValues(now, results)
  }
  return now
}

function passed(graph: Graph, sets: ReadonlySet<RuleSet>, inferOf: InferOf): Graph {
  let now = graph
  if (sets.has('views')) now = joinConcats(now)
  if (sets.has('sizes')) now = mergeEqualSizes(constantReshapes(now, inferOf), inferOf)
  if (sets.has('branches')) now = chooseBranches(now)
  if (sets.has('common')) now = eliminateCommon(now)
  return pruneOpsets(removeDead(now))
}

function* oneOfEach(graph: Graph, { limitBytes }: Simplification): Asking {
  const answer = yield { kind: 'compare', graph }
  return tieTwins(mergeWeights(graph, textsIn(answer)), twinsIn(answer), limitBytes)
}

/**
 * The graph without what it says of the shapes of its outputs and of values that ONNX operators make. Files lie there (a
 * batch of 1 that was only traced, notes that a tool left stale), runtimes do not read it, and inference finds what is true.
 */
function withoutClaims(graph: Graph): Graph {
  const outputs = graph.outputs.map(info => {
    const { type } = info
    if (type?.kind !== 'tensor' || !type.shape) return info
    return {
      ...info,
      type: type.dtype === undefined ? { kind: type.kind } : { kind: type.kind, dtype: type.dtype },
    }
  })
  const isMade = (body: Body, name: string): boolean => body.producer(name)?.domain === ''
  return mapBodies(graph, body => {
    const types = new Map([...body.types].filter(([name]) => !isMade(body, name)))
    return types.size === body.types.size ? body : body.with({ types })
  }).with({ outputs })
}

/** The graph with the notes on types that the source has, where a value still stands. */
function withTypesOf(graph: Graph, source: Graph): Graph {
  const noted = new Map([...scopes(source)].flatMap(({ body }) => [...body.types]))
  const typed = mapBodies(graph, body => {
    const stands = (name: string): boolean => body.producer(name) !== undefined || body.initializers.has(name)
    return body.with({ types: new Map([...noted].filter(([name]) => stands(name))) })
  })
  return typed.with({ outputs: source.outputs })
}
