// A rotation as the operator RotaryEmbedding: which dimension of x are the heads, and what of the tables becomes its caches.
//   com.microsoft: x [b, s, n·h] or [b, n, s, h], position_ids [1] or [b, s], caches [positions, m]
//   ONNX 23:       x [b, s, n·h] or [b, n, s, h], caches [b, s, m]
// Tables that the graph computes from positions are caches as they are: row b·s + i of them is row i of batch b.
import type { Target } from '@damson/core'
import { cpuKernelsOf, dataTypes, type Dim, type Node } from '@damson/graph'
import { absorbedBy } from '../seek/absorbed.ts'
import { sameSize, type Axis, type Layout } from '../attention/axes.ts'
import { stageAs, stagesOf, type Stage } from '../attention/heads.ts'
import { miss, type Miss } from '../seek/miss.ts'
import type { Planned } from '../seek/sought.ts'
import type { View } from '../seek/view.ts'
import type { Rotation, Table } from './rotation.ts'

export interface RotaryPlan extends Planned {
  readonly rotation: Rotation
  readonly heads: number
  /** What goes in, [b, s, n·h] or [b, n, s, h] after a Reshape at most. */
  readonly input: Stage
  /** Layout of the result in the graph. */
  readonly layout: 'b n s h' | 'b s n h' | 'b s nh'
  /** Which dimension of the product with the tables stands for the heads, counted from the end. */
  readonly headsFromEnd: number
  /** Tables of their own for each row of the batch. */
  readonly batched: boolean
  /** ONNX's own operator, for tables of their own for each row: ONNX Runtime's also takes one for all rows. */
  readonly standard: boolean
}

export function planRotary(view: View, rotation: Rotation, target: Target): RotaryPlan | Miss {
  const { cos, sin, x, root } = rotation
  const [output = ''] = root.outputs
  const dtype = view.dtype(x)
  if (dtype !== 'float32' && dtype !== 'float16')
    return miss(5, `RotaryEmbedding has no kernel for ${dtype ?? 'an unknown type'}`, x)
  const tables = tableDims(view, cos)
  const others = tableDims(view, sin)
  if (!tables || !others || tables.join() !== others.join())
    return miss(5, 'cosines and sines differ in shape', cos.value)
  const place = placeOf(view, rotation, tables)
  if ('reason' in place) return place
  const heads = place.layout.flat().find(axis => axis.letter === 'n')?.size
  if (typeof heads !== 'number') return miss(5, 'the number of heads is not known', x)
  const input = stageAs(stagesOf(view, x, place.layout, { scales: false }), 'b s nh', 'b s n h', 'b n s h')
  if (!input) return miss(5, 'the heads cannot be merged', x)
  const absorbed = absorbedBy(view.scope.body, [...rotation.inner, ...input.passed], root)
  const kept = rotation.inner.find(
    node => node.op === 'Mul' && touches(view, node, cos, sin) && !absorbed.has(node),
  )
  if (kept) return miss(6, 'what it computes inside is used elsewhere', kept.outputs[0] ?? '')
  const layout = outputLayout(view, output, place.text)
  return {
    rotation,
    end: root,
    heads,
    input,
    layout,
    headsFromEnd: place.headsFromEnd,
    batched: place.batched,
    standard: place.batched && hasKernel(view, x, target),
    absorbed,
  }
}

/** Processors have a kernel for the operator of ONNX 23, WebGPU has none. */
function hasKernel(view: View, x: string, target: Target): boolean {
  const dtype = view.dtype(x)
  if (target === 'webgpu' || target === 'cuda' || view.opset < 23 || dtype === undefined) return false
  const type = `tensor(${dataTypes[dtype].text})`
  return cpuKernelsOf('', 'RotaryEmbedding', view.opset).some(({ types }) => types.get('T')?.includes(type))
}

/** A product with a table, not one of those that made the table. */
function touches(view: View, { inputs }: Node, cos: Table, sin: Table): boolean {
  return inputs.includes(cos.value) || inputs.includes(sin.value)
}

interface Place {
  readonly layout: Layout
  readonly text: string
  readonly headsFromEnd: number
  readonly batched: boolean
}

/** Sizes of a table in all dimensions of the product but the last, 1 where it has none. */
function tableDims(view: View, { value, aligned }: Table): readonly Dim[] | undefined {
  const shape = view.shape(value)
  if (!shape || shape.length > aligned.length) return undefined
  const missing = Array.from({ length: aligned.length - shape.length }, () => 1)
  return [...missing, ...shape].slice(0, -1)
}

/** The heads are where the tables have one row for all of a known number; positions where they have many. */
function placeOf(view: View, { x, cos, headSize }: Rotation, dims: readonly Dim[]): Place | Miss {
  const product = cos.aligned.slice(0, -1)
  const shape = view.shape(x)
  if (!shape || shape.length < 3 || shape.length > 4) return miss(5, 'what is turned is not 3-D or 4-D', x)
  const own = shape.length === product.length + 1 ? product : product.slice(0, -1)
  if (own.some((size, at) => shape[at] === 1 && size !== 1))
    return miss(5, 'what is turned is made more of by the tables', x)
  const [b = null, p = null, q = null] = product
  const many = (at: number): boolean => dims[at] !== 1
  const sizes = (n: Dim, s: Dim): Record<'b' | 'n' | 's' | 'h', Axis> => ({
    b: { letter: 'b', size: b }, n: { letter: 'n', size: n }, s: { letter: 's', size: s }, h: { letter: 'h', size: headSize },
  }) // prettier-ignore
  const batched = dims.length === 3 ? many(0) : false
  if (batched && !sameSize(dims[0] ?? null, b) && dims[0] !== null && b !== null)
    return miss(5, 'the tables are for another batch', cos.value)
  if (product.length === 2 && many(1)) {
    const { b: batch, s, h } = sizes(1, p)
    const layout: Layout = [[batch], [s], [{ letter: 'n', size: 1 }, h]]
    return { layout, text: 'b s nh', headsFromEnd: 0, batched: many(0) }
  }
  if (product.length !== 3) return miss(5, 'the tables do not fit three dimensions', cos.value)
  // Where one position is all there is, tables have one row either way.
  const single = !many(1) && !many(2)
  if ((many(2) && !many(1)) || (single && q === 1)) {
    const axes = sizes(p, q)
    const layout = [[axes.b], [axes.n], [axes.s], [axes.h]]
    return { layout, text: 'b n s h', headsFromEnd: 2, batched }
  }
  if (many(2) || (single && p !== 1)) return miss(5, 'the tables do not tell heads from positions', cos.value)
  const axes = sizes(q, p)
  const merged = shape.length === 3
  const layout = merged ? [[axes.b], [axes.s], [axes.n, axes.h]] : [[axes.b], [axes.s], [axes.n], [axes.h]]
  return { layout, text: merged ? 'b s nh' : 'b s n h', headsFromEnd: 1, batched }
}

function outputLayout(view: View, output: string, text: string): RotaryPlan['layout'] {
  if (text === 'b n s h') return 'b n s h'
  return view.shape(output)?.length === 4 ? 'b s n h' : 'b s nh'
}
