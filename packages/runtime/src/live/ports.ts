// Ports are inputs that a rewrite added. Whoever does not know of them need not feed them: their neutral value makes the part
// compute what it did before.
import type { Feeds, Port, TensorData } from '@damson/core'
import { DamsonError, elementCount, type Graph } from '@damson/graph'
import { halfOf } from '../feeds/half.ts'
import { isPortable, zeros } from '../ort/element-types.ts'
import { boundSizes, sizeOfDim } from './dims.ts'

/** The feeds with neutral values for those input ports that are not fed. Names in their shapes are sized by the other feeds. */
export function feedPorts(graph: Graph, ports: readonly Port[], feeds: Feeds): Feeds {
  const missing = ports.filter(port => port.direction === 'input' && !(port.name in feeds))
  if (missing.length === 0) return feeds
  const shaped = graph.inputs.flatMap(({ name, type }) =>
    type?.kind === 'tensor' && type.shape ? [{ name, shape: type.shape }] : [],
  )
  const sizes = boundSizes(shaped, name => feeds[name]?.shape)
  const filled: Record<string, TensorData> = { ...feeds }
  for (const port of missing) {
    const neutral = neutralTensor(port, name => sizes.get(name))
    if (neutral) filled[port.name] = neutral
  }
  return filled
}

/** The neutral value of an input port; undefined when it has none and must be fed. Throws `port` when a size is unknown. */
export function neutralTensor(
  port: Port,
  sizeOf: (name: string) => number | undefined,
): TensorData | undefined {
  if (!port.neutral) return undefined
  const { dtype, fill } = port.neutral
  const shape = port.neutral.shape.map(dim => {
    const size = sizeOfDim(dim, sizeOf)
    if (size === undefined) throw portError(port, `a size for its dim "${dim}" from the other feeds`, 'none')
    return size
  })
  if (!isPortable(dtype) || dtype === 'string') throw portError(port, 'a numeric type', dtype)
  const data = zeros(dtype, elementCount(shape))
  if (fill !== 0) fillWith(data, dtype, fill)
  return { dtype, shape, data }
}

function fillWith(data: ReturnType<typeof zeros>, dtype: string, value: number): void {
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) data.fill(BigInt(value))
  else data.fill(dtype === 'float16' ? halfOf(value) : value)
}

function portError(port: Port, expected: string, got: string): DamsonError {
  return new DamsonError(
    'port',
    `Port "${port.name}" of step ${port.step}: expected ${expected}, got ${got}.`,
    {
      details: { port: port.name, part: port.part },
    },
  )
}
