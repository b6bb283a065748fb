// Ports are inputs and outputs that rewrites added. Fed with its neutral value the part computes what it did before, so
// samples recorded earlier stay valid, and whoever does not drive a port need not know of it.
import { DamsonError, elementCount, evaluateDim, residentArray, tensorOf, type Graph } from '@damson/graph'
import type { Model, Port } from './model.ts'
import type { Feeds, TensorData } from './runtime.ts'

/**
 * Feeds of a part with every port that is neither fed nor `taken` from elsewhere set to its neutral value. Throws `invalid-port`
 * when a size is open.
 */
export function withNeutral(
  model: Model,
  part: string,
  feeds: Feeds,
  taken: Readonly<Record<string, unknown>> = {},
): Feeds {
  const isFed = (name: string): boolean => Object.hasOwn(feeds, name) || Object.hasOwn(taken, name)
  const ports = model.ports.filter(
    port => port.part === part && port.direction === 'input' && !isFed(port.name),
  )
  if (ports.length === 0) return feeds
  const sizes = dimensions(model.part(part).graph, feeds)
  return { ...feeds, ...Object.fromEntries(ports.map(port => [port.name, neutralOf(port, sizes)])) }
}

/** Sizes of named dimensions, read off what is fed. */
function dimensions(graph: Graph, feeds: Feeds): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>()
  for (const { name, type } of graph.inputs) {
    const fed = Object.hasOwn(feeds, name) ? feeds[name] : undefined
    if (!fed || type?.kind !== 'tensor') continue
    type.shape?.forEach((dim, axis) => {
      const size = fed.shape[axis]
      if (typeof dim === 'string' && size !== undefined) sizes.set(dim, size)
    })
  }
  return sizes
}

function neutralOf(port: Port, sizes: ReadonlyMap<string, number>): TensorData {
  const { neutral } = port
  if (!neutral) throw invalid(port, 'has no neutral value')
  const shape = neutral.shape.map(dim => {
    const size = evaluateDim(dim, sizes)
    if (size === undefined) throw invalid(port, `needs a size for "${dim}", which no input that is fed has`)
    return size
  })
  const dtype = elementTypeOf(neutral.dtype)
  const values = Array.from({ length: elementCount(shape) }, () => fillOf(neutral))
  const data = dtype && residentArray(tensorOf(dtype, shape, values))
  if (!data) throw invalid(port, `has the element type "${neutral.dtype}", which cannot be fed`)
  return { dtype, shape, data }
}

/** What runtimes take as inputs: nothing below 8 bits, no 8-bit floats. */
const elementTypes = [
  'float32', 'float64', 'float16', 'bfloat16', 'bool', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64',
  'uint64',
] as const // prettier-ignore

/** The element type of a port by its name; undefined for what cannot be fed. */
export function elementTypeOf(name: string): (typeof elementTypes)[number] | undefined {
  return elementTypes.find(type => type === name)
}

/** A neutral element as its type wants it. */
export function fillOf({ dtype, fill }: NonNullable<Port['neutral']>): number | bigint {
  return dtype === 'int64' || dtype === 'uint64' ? BigInt(fill) : fill
}

function invalid(port: Port, why: string): DamsonError {
  return new DamsonError(
    'invalid-port',
    `The port "${port.name}" of "${port.part}", declared by ${port.step}, ${why}.`,
    {
      details: { port },
    },
  )
}
