// Parts as their callers see them. Steps add inputs and outputs for themselves (ports): the runtime feeds those that nobody
// drives and leaves the others out of what a part gives, so who reads off a graph what to feed it must not see them.
import type { Model, Part } from '@damson/core'

/** The parts of a model, their graphs without the inputs and outputs that are ports. To be read, not to be run. */
export function ownParts(model: Model): ReadonlyMap<string, Part> {
  return new Map([...model.parts].map(([name, part]) => [name, ownPart(model, part)]))
}

function ownPart(model: Model, part: Part): Part {
  const ports = model.ports.filter(port => port.part === part.name)
  const owns = (direction: 'input' | 'output', name: string): boolean =>
    !ports.some(port => port.direction === direction && port.name === name)
  const graph = part.graph.with({
    inputs: part.graph.inputs.filter(({ name }) => owns('input', name)),
    outputs: part.graph.outputs.filter(({ name }) => owns('output', name)),
  })
  return { ...part, graph }
}
