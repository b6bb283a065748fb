// One rewrite, with what everybody may rely on afterwards: the model that came in is as it was, what came out is a model,
// and every port it declares exists and carries the id of the step.
import { DamsonError, type Graph } from '@damson/graph'
import type { State } from './algorithm.ts'
import type { Model, Port } from './model.ts'
import { contextOf, type StepAtWork } from './step-context.ts'
import { withSettledBodies } from './settled-bodies.ts'
import { inStep } from './step-errors.ts'

/** Runs the `rewrite` of a step, if it has one. */
export function applyRewrite(model: Model, step: StepAtWork, state: State): Model {
  const { rewrite } = step.algorithm
  if (!rewrite) return model
  const before = fingerprint(model)
  const after = inStep(step.id, () => rewrite.call(step.algorithm, model, contextOf(step, model), state))
  if (fingerprint(model) !== before) {
    throw new DamsonError(
      'mutated-input',
      `${step.id} changed the model it was given. Expected a new model: edit a Draft and return model.withGraph(…).`,
      { details: { step: step.id } },
    )
  }
  if (!isModel(after)) {
    throw new DamsonError(
      'invalid-rewrite',
      `${step.id}: expected "rewrite" to return a model, got ${String(after)}.`,
    )
  }
  const old = new Set(model.ports)
  const ports = after.ports.map(port => (old.has(port) ? port : { ...port, step: step.id }))
  for (const port of ports) if (!old.has(port)) checkPort(after, step.id, port)
  return settled(after.with({ ports }))
}

/** Every part as ONNX Runtime can open it. */
function settled(model: Model): Model {
  return [...model.parts].reduce((whole, [name, { graph }]) => {
    const changed = withSettledBodies(graph)
    return changed === graph ? whole : whole.withGraph(name, changed)
  }, model)
}

/** Cheap: counts and names that an in-place edit would change. Bytes of weights are compared by the conformance suite. */
function fingerprint(model: Model): string {
  const graphs = [...model.parts].map(([name, { graph }]) => `${name} ${sizes(graph)}`)
  return [...graphs, model.ports.length, model.applied.length].join('\n')
}

function sizes({ nodes, initializers, inputs, outputs, types }: Graph): string {
  const ends = [nodes[0], nodes.at(-1)].map(node => node?.outputs.join(' ') ?? '')
  return [nodes.length, initializers.size, inputs.length, outputs.length, types.size, ...ends].join(' ')
}

function isModel(value: unknown): value is Model {
  return typeof value === 'object' && value !== null && 'parts' in value && value.parts instanceof Map
}

function checkPort(model: Model, step: string, port: Port): void {
  const fail = (expected: string): never => {
    throw new DamsonError('invalid-port', `${step}: the port "${port.name}" of "${port.part}" ${expected}.`, {
      details: { step, port },
    })
  }
  const graph = model.parts.get(port.part)?.graph
  if (!graph) return fail('is declared in a part that does not exist')
  if (port.direction === 'output') {
    if (!graph.isOutput(port.name)) fail('is declared as an output, but the graph has none of that name')
    return
  }
  // ONNX Runtime leaves an input with an initializer out of its list and silently ignores what is fed to it.
  if (graph.initializers.has(port.name)) fail('must be a plain input, without an initializer as its default')
  if (!graph.isInput(port.name)) fail('is declared as an input, but the graph has none of that name')
  if (!port.neutral) fail('needs a neutral value: fed with it, the part computes what it did before')
}
