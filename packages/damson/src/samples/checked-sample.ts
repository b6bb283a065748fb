// Samples as users write them, checked against the graph they are for: every input there, of its type and shape. What is
// wrong is said with the file, the line, the input, and what was expected.
import { DamsonError, type Model, type Sample, type TensorData } from '@damson/core'
import type { Dim, ValueInfo } from '@damson/graph'

/** One sample as it was written. */
export interface RawSample {
  /** Where it stands: `samples.jsonl:3`. */
  readonly at: string
  /** The part it is for; may be left out for a model of one part. */
  readonly part?: string
  /** Reads an input; the type is that of the graph, for formats that have none of their own. */
  readonly inputs: ReadonlyMap<string, (dtype: string) => Promise<TensorData>>
}

/** Sizes by the name of their dimension, and the input that had each first. */
type Sizes = Map<string, { readonly size: number; readonly input: string }>

/** The sample, ready to be fed. Throws `samples`. */
export async function checkedSample(raw: RawSample, model: Model): Promise<Sample> {
  const part = partOf(raw, model)
  const ports = model.ports.filter(port => port.part === part && port.direction === 'input')
  const wanted = model
    .part(part)
    .graph.requiredInputs()
    .filter(({ name }) => !ports.some(port => port.name === name))
  const names = wanted.map(({ name }) => name)
  const missing = names.find(name => !raw.inputs.has(name))
  const extra = [...raw.inputs.keys()].find(name => !names.includes(name))
  if (missing !== undefined || extra !== undefined) {
    const why = missing !== undefined ? `"${missing}" is missing` : `"${extra}" is none of them: leave it out`
    throw invalid(`${raw.at}: expected the inputs ${names.join(', ')} of "${part}"; ${why}.`)
  }
  const sizes: Sizes = new Map()
  const feeds: Record<string, TensorData> = {}
  for (const input of wanted) feeds[input.name] = await checkedInput(raw, input, sizes)
  return { part, feeds }
}

function partOf({ at, part }: RawSample, { parts }: Model): string {
  const names = [...parts.keys()]
  const [only, ...others] = names
  if (part !== undefined && parts.has(part)) return part
  if (part === undefined && only !== undefined && others.length === 0) return only
  throw invalid(
    part === undefined
      ? `${at}: expected the part that the sample is for, one of ${names.join(', ')}, got none.`
      : `${at}: expected one of the parts ${names.join(', ')}, got "${part}".`,
  )
}

async function checkedInput(raw: RawSample, { name, type }: ValueInfo, sizes: Sizes): Promise<TensorData> {
  const at = `${raw.at}, input "${name}"`
  const read = raw.inputs.get(name)
  if (!read || type?.kind !== 'tensor' || type.dtype === undefined)
    throw invalid(`${at}: expected an input that is a tensor, got ${type?.kind ?? 'no type'}.`)
  const tensor = await read(type.dtype).catch((cause: unknown) => {
    throw invalid(`${at}: ${cause instanceof Error ? cause.message : String(cause)}`, cause)
  })
  if (tensor.dtype !== type.dtype) throw invalid(`${at}: expected ${type.dtype}, got ${tensor.dtype}.`)
  if (type.shape) checkShape(at, type.shape, tensor.shape, name, sizes)
  return tensor
}

/** Fixed sizes must be met, and sizes of one name be the same in all inputs. 0 stands for unknown in files of some exporters. */
function checkShape(
  at: string,
  expected: readonly Dim[],
  got: readonly number[],
  input: string,
  sizes: Sizes,
): void {
  const fits =
    expected.length === got.length &&
    expected.every((dim, axis) => typeof dim !== 'number' || dim === 0 || dim === got[axis])
  if (!fits)
    throw invalid(
      `${at}: expected the shape [${expected.map(dim => dim ?? '?').join(', ')}], got [${got.join(', ')}].`,
    )
  expected.forEach((dim, axis) => {
    const size = got[axis]
    if (typeof dim !== 'string' || size === undefined) return
    const before = sizes.get(dim)
    if (before && before.size !== size)
      throw invalid(`${at}: expected ${dim} = ${before.size}, as in input "${before.input}", got ${size}.`)
    sizes.set(dim, { size, input })
  })
}

function invalid(message: string, cause?: unknown): DamsonError {
  return new DamsonError('samples', message, cause === undefined ? {} : { cause })
}
