// What all cachers inside the network share: where their gates are is said once, as a function of the graph, and asked again
// whenever a hook needs it. Planning makes groups of the gates, rewriting puts them in, running drives them.
import {
  refuse,
  type Context,
  type Group,
  type Model,
  type Params,
  type Part,
  type Port,
  type Site,
} from '@damson/core'
import { inferTypes, isRefusal, type Graph, type Node, type Refusal } from '@damson/graph'
import { denoiserInputs, denoiserOf, type DenoiserInputs } from '../structure/denoiser-inputs.ts'
import { stepConstant } from '../structure/step-constant.ts'
import { addCacheGate, type CacheGate } from './cache-gate.ts'
import { regionOf, type WantedGate } from './gate-region.ts'
import type { TestedGraph } from './change-test.ts'

/** The gates that an algorithm wants in a denoiser, or why there can be none. */
export type FindGates = (graph: Graph, inputs: DenoiserInputs) => readonly WantedGate[] | Refusal

/** The gates in place. A region runs or it does not: a place that cuts through it leaves it alone. */
function gatesWithin(
  graph: Graph,
  wanted: readonly WantedGate[],
  selects: (node: Node) => boolean,
): readonly CacheGate[] {
  const gates = wanted.map(gate => regionOf(graph, gate))
  return gates.filter(({ region }) => region.every(node => node.origins.length === 0 || selects(node)))
}

/**
 * One pair of groups a gate. What changes from step to step ends to run always, and had to; what is the same at every step
 * of a generation moves behind the gate too, unless `textKv` has made it run once already.
 */
export function gateGroups(
  part: Part,
  find: FindGates,
  { selects }: { selects(site: Site): boolean },
): readonly Group[] | Refusal {
  const inputs = denoiserOf(part)
  if (isRefusal(inputs)) return inputs
  const wanted = find(part.graph, inputs)
  if (isRefusal(wanted)) return wanted
  const gates = gatesWithin(part.graph, wanted, node => selects({ node }))
  if (gates.length === 0)
    return refuse(`has ${wanted.length} regions to gate, but none lies wholly inside the place`, part.name)
  const constant = new Set(stepConstant(part.graph, inputs).nodes)
  return gates.flatMap(({ region }): readonly Group[] => {
    const sites = (wanted: boolean): readonly { readonly node: Node }[] =>
      region.filter(node => constant.has(node) === wanted).map(node => ({ node }))
    const changing: Group = {
      sites: sites(false),
      needs: ['loop:denoise', 'run:always'],
      takes: ['run:always', 'io:source'],
    }
    return constant.size === 0 ? [changing] : [changing, { sites: sites(true), takes: ['run:always'] }]
  })
}

/** The contract of every step that is made of gates. */
export const gateContract = {
  needs: ['loop:denoise', 'run:always'],
  takes: ['run:always', 'io:source'],
} as const

/** Puts what decides over the gates into a graph. */
export type AddTest = (graph: Graph, inputs: DenoiserInputs, part: string) => TestedGraph | undefined

/** The model with the gates of a step put in, in every part where it works; `addTest`: the graph decides over them. */
export function gateModel<P extends Params>(
  model: Model,
  ctx: Context<P>,
  find: FindGates,
  addTest?: AddTest,
): Model {
  return ctx.parts.reduce((changed, name) => {
    const part = changed.part(name)
    const selects = (node: Node): boolean => ctx.selects({ node })
    const test = (given: Graph, inputs: DenoiserInputs): TestedGraph | undefined => addTest?.(given, inputs, name) // prettier-ignore
    const { graph, ports } = gateGraph(inferTypes(part.graph), selects, find, test)
    const own = ports.map((port): Port => ({ ...port, part: name, step: ctx.step }))
    return changed.withGraph(name, graph).withPorts([...changed.ports, ...own])
  }, model)
}

/** A graph with gates, and their ports. */
function gateGraph(
  graph: Graph,
  selects: (node: Node) => boolean,
  find: FindGates,
  addTest?: (graph: Graph, inputs: DenoiserInputs) => TestedGraph | undefined,
): { readonly graph: Graph; readonly ports: readonly Omit<Port, 'part' | 'step'>[] } {
  const inputs = denoiserInputs(graph)
  const wanted = inputs ? find(graph, inputs) : []
  if (isRefusal(wanted)) return { graph, ports: [] }
  const chosen = gatesWithin(graph, wanted, selects)
  const tested = inputs && chosen.length > 0 ? addTest?.(graph, inputs) : undefined
  const ports: Omit<Port, 'part' | 'step'>[] = [...(tested?.ports ?? [])]
  const when = tested ? { when: tested.when } : {}
  let gated = tested?.graph ?? graph
  for (const gate of chosen) {
    const made = addCacheGate(gated, { ...gate, ...when }, ports)
    gated = made.graph
    ports.push(...made.ports)
  }
  return { graph: chosen.length === 0 ? graph : inferTypes(gated), ports }
}
