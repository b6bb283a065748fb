// What nodes take, in float multiply-adds, as ONNX Runtime's kernels were measured on one thread of an x86 processor with AVX2
// and no VNNI (YOLOX, a denoising U-Net, RDN, USE-Lite): an order of sizes that holds elsewhere, not a clock.
import { elementCount, intOf } from '@damson/graph'
import type { Between, IntegerNode, Product } from './integer-nodes.ts'

export interface Times {
  /** With integer kernel. */
  integer(node: IntegerNode): number
  /** In floating point. `decodes`: its weight is codes all the same. */
  float(node: IntegerNode, decodes: boolean): number
  /** Of coding or decoding a value. */
  conversion(value: string): number
}

/** A multiply-add of integers: USE-Lite's products take 0.53 of the time, RDN's wide filters 0.55. */
const integerWork = 0.5
/** A place of a kernel, gathered for a filter of integers: 7 ns, which is why narrow filters gain nothing (DDPM: 1.05). */
const gathered = 290
/** A sum of integers that is made a code. */
const rounded = 14
/** Channels that filters are computed in. */
const integerLanes = 16
const floatLanes = 8
/** An element that is coded or decoded; of a picture it changes its layout, too, since convolutions have channels last in integers and in blocks in floating point. */
const converted = 16
const transposed = 20
/** An element of an element-wise node, in floating point and in integers (SiLU: 1.0 against 1.4 ns). */
const elementwise: Readonly<Record<string, readonly [float: number, integer: number]>> = {
  Sigmoid: [16, 24],
  Mul: [16, 20],
}
const cheap = [8, 8] as const
/** A product of floats whose weight is codes becomes MatMulNBits; a convolution decodes it in each run and loses its layout. */
const decodedMatrix = 2.2
const decodedFilters = 2

/** `elements`: of a value in a run. */
export function timesOf(nodes: readonly IntegerNode[], elements: (value: string) => number): Times {
  const pictures = new Set(
    nodes.flatMap(({ node, inputs, output }) => (node.op === 'Conv' ? [...inputs, output] : [])),
  )
  return {
    integer(node) {
      if (node.kind === 'between') return elementTime(node)[1] * elements(node.output)
      const work = workOf(node, elements)
      if (node.node.op !== 'Conv') return integerWork * work
      const made = elements(node.output)
      return (
        integerWork * work * padding(node, integerLanes) + gathered * gatherings(node, made) + rounded * made
      )
    },
    float(node, decodes) {
      if (node.kind === 'between') return elementTime(node)[0] * elements(node.output)
      const work = workOf(node, elements)
      const decoding = decodes ? (node.node.op === 'Conv' ? decodedFilters : decodedMatrix) : 1
      return decoding * work * (node.node.op === 'Conv' ? padding(node, floatLanes) : 1)
    },
    conversion: value => (converted + (pictures.has(value) ? transposed : 0)) * elements(value),
  }
}

function elementTime({ node, moves }: Between): readonly [float: number, integer: number] {
  return moves ? [0, 0] : (elementwise[node.op] ?? cheap)
}

/** Places of the kernel over all of the picture; filters of one place, and of one channel, read where it lies. */
function gatherings({ node, weight }: Product, made: number): number {
  const [channels = 1, perGroup = 1, ...kernel] = weight.tensor.shape
  const groups = intOf(node, 'group', 1)
  const places = elementCount(kernel)
  return places === 1 || (groups > 1 && perGroup === 1) ? 0 : (made / channels) * places * groups
}

/** What is computed beside what is needed. */
function padding({ node, weight }: Product, lanes: number): number {
  const filters = (weight.tensor.shape[0] ?? 1) / intOf(node, 'group', 1)
  return filters === 1 ? 1 : (Math.ceil(filters / lanes) * lanes) / filters
}

/** Multiply-adds: every output element takes a filter; every input row of a matrix product takes the matrix. */
function workOf({ node, weight, axis, inputs, output }: Product, elements: (value: string) => number): number {
  const { shape } = weight.tensor
  const depth = elementCount(shape) / (shape[axis] ?? 1)
  if (node.op === 'Conv') return elements(output) * depth
  return (elements(inputs[0] ?? '') / depth) * elementCount(shape)
} // prettier-ignore
