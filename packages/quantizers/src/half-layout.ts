// From a graph and what is known of its numbers to the plan of its conversion: used to say where `half` works, to learn which
// ranges matter, and to rewrite. Pure and fast: no constant is converted before somebody reads or writes it.
import type { Target } from '@damson/core'
import { type Graph, type Tensor } from '@damson/graph'
import {
  decideConstants, greatestHalf, halfTensor, storableConstants, type ConstantChoice, type ConstantForm, type Narrowing,
} from './half-constants.ts' // prettier-ignore
import { exactNodes, quantizedNodes } from './half-exact.ts'
import { indexHalf, prepareHalf, type HalfGraph, type HalfNode } from './half-graph.ts'
import { fillsBeyond, judgeConstant, type BeyondRange, type ConstantRange } from './half-masks.ts'
import { decideModes, isLookUp, type HalfModes } from './half-modes.ts'
import type { HalfPlan } from './half-rewrite.ts'
import type { HalfType } from './half-slots.ts'

/** What the user asked for. */
export interface HalfAim {
  readonly type: HalfType
  readonly io: 'keep' | 'convert'
  readonly target: Target
  /** Nodes compute on halves; else halves are storage: rows are looked up in them, all else computes on what a cast makes of them. */
  readonly computes: boolean
}

/** What a fit has learnt of a part. */
export interface HalfFindings {
  /** Ranges of constants that need a decision, by value id. */
  readonly constants: ReadonlyMap<string, ConstantRange>
  /** Keys of nodes that stay for the ranges of activations. */
  readonly kept: ReadonlySet<string>
  /** Weights that do not fit keep their nodes in fp32; else they are cut to the range. */
  readonly guarded: boolean
}

export const nothingFound: HalfFindings = { constants: new Map(), kept: new Set(), guarded: false }

/** Which sites belong to the step. */
export interface HalfPlace {
  readonly node: (node: HalfNode) => boolean
  readonly constant: ConstantChoice['selects']
}

export const everywhere: HalfPlace = { node: () => true, constant: () => true }

/** The conversion of a part, with what was decided on the way. */
export interface HalfLayout extends HalfPlan {
  /** Values that hold a mask from the start. */
  readonly masks: readonly string[]
  readonly judged: ReadonlyMap<string, BeyondRange>
}

/** Indexed graphs by type: a memo of a pure function, since a part is asked about many times. */
const indexed = new WeakMap<Graph, Map<HalfType, HalfGraph>>()

/** A part's graph, prepared and indexed. */
export function halfGraphOf(graph: Graph, type: HalfType): HalfGraph {
  const known = indexed.get(graph) ?? new Map<HalfType, HalfGraph>()
  indexed.set(graph, known)
  const made = known.get(type) ?? indexHalf(prepareHalf(graph), type)
  known.set(type, made)
  return made
}

/** Lays the conversion of a part out. */
export function layOut(
  graph: HalfGraph, { type, io, computes }: HalfAim, found: HalfFindings, place: HalfPlace, narrowing: Narrowing,
): HalfLayout {
  const judged = new Map<string, BeyondRange>()
  for (const [id, range] of found.constants) {
    const beyond = judgeConstant(graph, id, range, type)
    if (beyond) judged.set(id, beyond)
  }
  const unfit = new Set([...judged].flatMap(([id, { kind }]) => (kind === 'unfit' && found.guarded ? [id] : [])))
  const fills = fillsBeyond(graph, type)
  const unfitFills = [...fills].flatMap(([{ key }, { kind }]) => (kind === 'unfit' ? [key] : []))
  const exact = new Set([...exactNodes(graph), ...quantizedNodes(graph), ...unfitFills])
  const kept = new Set([...exact, ...found.kept, ...[...unfit].flatMap(id => graph.readersOf(id).map(({ node }) => node.key))])
  const storable = storableConstants(graph, { selects: place.constant, unfit, exact })
  const selects = (node: HalfNode): boolean => place.node(node) && (computes || isLookUp(graph, node, storable))
  const modes: HalfModes = decideModes(graph, { io, selects, kept, storable })
  const forms: ReadonlyMap<string, ConstantForm> = decideConstants(graph, modes, place.constant, storable)
  // A guarded constant without a judgement fits, so nobody has to look at its numbers again.
  const limitOf = (id: string): number | undefined => {
    const beyond = judged.get(id)
    if (!beyond && found.guarded) return undefined
    return beyond && beyond.kind !== 'unfit' ? beyond.limit : greatestHalf[type]
  }
  const convert = (tensor: Tensor, id: string): Tensor => halfTensor(tensor, type, limitOf(id), narrowing)
  const masks = [
    ...[...judged].flatMap(([id, { kind }]) => (kind === 'mask' ? [id] : [])),
    ...[...fills].flatMap(([{ outputs }, { kind }]) => (kind === 'mask' ? (outputs[0] ?? []) : [])),
  ]
  return { graph, type, modes, forms, convert, judged, masks }
} // prettier-ignore

/**
 * Whether a target has arithmetic on a type. ONNX Runtime's CPU provider (also in wasm) has next to no kernels for halves: it
 * casts around nodes on float16, which only takes time, and refuses those on bfloat16, as its WebGPU provider does.
 */
export function hasArithmetic(type: HalfType, target: Target): boolean {
  if (type === 'bfloat16') return target.startsWith('cuda')
  return !runsOnCpu(target)
}

/** The CPU provider, in this process or in wasm. */
export function runsOnCpu(target: Target): boolean {
  return target.startsWith('cpu') || target === 'wasm'
}
