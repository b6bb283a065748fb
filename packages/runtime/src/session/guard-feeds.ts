// Feeds are checked before a run, because ONNX Runtime ignores some wrong ones without a word: a feed for an input that
// has an initializer as its default, above all.
import type { TensorData } from '@damson/core'
import { DamsonError, type Dim, type Graph, type ValueInfo } from '@damson/graph'

type Fed = Pick<TensorData, 'dtype' | 'shape'>

/** Throws `feed` naming the input: unknown, ignored, missing, of another type, or of another shape than declared. */
export function checkFeeds(graph: Graph, feeds: Readonly<Record<string, Fed>>): void {
  const inputs = graph.requiredInputs()
  const known = new Map(inputs.map(input => [input.name, input]))
  for (const name of Object.keys(feeds)) if (!known.has(name)) throw unknownFeed(graph, inputs, name)
  for (const input of inputs) {
    const tensor = feeds[input.name]
    if (!tensor) throw feedError(input.name, `a tensor for every input`, 'none')
    checkFeed(input, tensor)
  }
}

function checkFeed({ name, type }: ValueInfo, { dtype, shape }: Fed): void {
  if (type?.kind !== 'tensor') return
  if (type.dtype !== undefined && type.dtype !== dtype) throw feedError(name, type.dtype, dtype)
  if (type.shape && !fits(type.shape, shape)) throw feedError(name, shapeText(type.shape), shapeText(shape))
}

/** Declared sizes must match; 0 stands for unknown in files of some exporters. */
function fits(declared: readonly Dim[], shape: readonly number[]): boolean {
  if (declared.length !== shape.length) return false
  return declared.every((dim, at) => typeof dim !== 'number' || dim <= 0 || dim === shape[at])
}

function unknownFeed(graph: Graph, inputs: readonly ValueInfo[], name: string): DamsonError {
  if (graph.initializers.has(name)) {
    return new DamsonError(
      'feed',
      `Feed "${name}": this value has an initializer as its default, so ONNX Runtime would ignore the feed silently. ` +
        'Remove the initializer to make it a plain input.',
      { details: { name } },
    )
  }
  return feedError(
    name,
    `one of ${inputs.map(input => input.name).join(', ') || 'no inputs'}`,
    'an unknown name',
  )
}

function shapeText(shape: readonly Dim[]): string {
  return `shape [${shape.map(dim => dim ?? '?').join(', ')}]`
}

function feedError(name: string, expected: string, got: string): DamsonError {
  return new DamsonError('feed', `Feed "${name}": expected ${expected}, got ${got}.`, { details: { name } })
}
