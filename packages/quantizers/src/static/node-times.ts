// What nodes take, in float multiply-adds, as ONNX Runtime's kernels were measured on one thread of an x86 processor with AVX2
// and no VNNI (YOLOX, a denoising U-Net, RDN, USE-Lite): an order of sizes that holds elsewhere, not a clock.
import { elementCount, intOf } from '@damson/graph'
import type { Between, IntegerNode, Product } from './integer-nodes.ts'

export interface Times {
  /** With integer kernel. */
  integer(node: IntegerNode): number
  /** In floating point; codes of its weight are widened once, when a session is made. */
  float(node: IntegerNode): number
  /** Of coding or decoding a value. */
  conversion(value: string): number
}

/** A multiply-add of integers: USE-Lite's products take 0.5 of the time, RDN's wide filters 0.51, and where they are gathered 0.42. */
const integerWork = 0.5
const gatheredWork = 0.42
/** A place of a kernel that is copied for a matrix product takes 4 ns: narrow filters gain nothing by integers (DDPM: 1.05). */
const gathered = 180
/** The same where the kernel reads the picture where it lies. */
const inPlace = 40
/** A sum of integers that is made a code. */
const rounded = 8
/** A depthwise filter computes a channel at a time, whatever it is made of. */
const depthwise = { float: 1.9, integer: 3.6 }
/** Copying an element for a matrix product of floats, and that product. */
const unrolled = 10
const unrolledWork = 1.3
/** Channels that filters are computed in. */
const integerLanes = 16
const floatLanes = 8
/** An element that is coded or decoded; of a picture it changes its layout, too, since convolutions have channels last in integers and in blocks in floating point. */
const converted = 11
const transposed = 8
/** An element of an element-wise node, in floating point and in integers: SiLU is one node in floating point, two in integers. */
const elementwise: Readonly<Record<string, readonly [float: number, integer: number]>> = {
  Sigmoid: [12, 13],
  Mul: [10, 12],
  Resize: [9, 90],
}
const cheap = [8, 8] as const
/** What a node takes however small it is, 4 µs: counted in convolutional nets, of which the last layers are often that small. */
const call = 200_000
const calls = { Conv: { float: 1.7, integer: 2.2 }, between: { float: 0.5, integer: 1.2 } }
const noCalls = { float: 0, integer: 0 }

/** `elements`: of a value in a run. */
export function timesOf(nodes: readonly IntegerNode[], elements: (value: string) => number): Times {
  const pictures = new Set(
    nodes.flatMap(({ node, inputs, output }) => (node.op === 'Conv' ? [...inputs, output] : [])),
  )
  return {
    integer: node => callsOf(node).integer * call + integerTime(node, elements),
    float: node => callsOf(node).float * call + floatTime(node, elements),
    conversion: value =>
      pictures.has(value)
        ? 3 * call + (converted + transposed) * elements(value)
        : converted * elements(value),
  }
}

type Elements = (value: string) => number

function callsOf(node: IntegerNode): typeof noCalls {
  if (node.kind === 'between') return calls.between
  return node.node.op === 'Conv' ? calls.Conv : noCalls
}

function integerTime(node: IntegerNode, elements: Elements): number {
  if (node.kind === 'between') return elementTime(node)[1] * elements(node.output)
  const work = workOf(node, elements)
  if (node.node.op !== 'Conv') return integerWork * work
  const { filters, channels, places, groups, positions } = filtersOf(node, elements)
  const made = rounded * elements(node.output)
  if (groups > 1 && channels === 1) return depthwise.integer * work + made
  // The kernel that gathers nothing takes whole lanes of filters, and channels by four.
  const readsInPlace = groups === 1 && channels % 4 === 0 && filters % integerLanes === 0
  const steps = places === 1 ? 0 : positions * places * groups
  return readsInPlace
    ? integerWork * work + inPlace * steps + made
    : gatheredWork * work * padding(filters, integerLanes) + gathered * steps + made
}

function floatTime(node: IntegerNode, elements: Elements): number {
  if (node.kind === 'between') return elementTime(node)[0] * elements(node.output)
  const work = workOf(node, elements)
  if (node.node.op !== 'Conv') return work
  const { filters, channels, places, groups, positions } = filtersOf(node, elements)
  if (groups > 1 && channels === 1) return depthwise.float * work
  // Channels that fill no blocks are laid out for a matrix product; fewer than a block are read as they lie.
  const narrow = channels < floatLanes
  if (narrow || channels % 4 === 0)
    return work * padding(filters, floatLanes) * (narrow ? 1 : padding(channels, floatLanes))
  return unrolledWork * work + unrolled * positions * places * channels * groups
}

function elementTime({ node, moves }: Between): readonly [float: number, integer: number] {
  return elementwise[node.op] ?? (moves ? [0, 0] : cheap)
}

interface Filters {
  /** Filters and channels of a group. */
  readonly filters: number
  readonly channels: number
  /** Of the kernel. */
  readonly places: number
  readonly groups: number
  /** Where the kernel is laid on the picture. */
  readonly positions: number
}

function filtersOf({ node, weight, output }: Product, elements: Elements): Filters {
  const [all = 1, channels = 1, ...kernel] = weight.tensor.shape
  const groups = intOf(node, 'group', 1)
  return {
    filters: all / groups,
    channels,
    places: elementCount(kernel),
    groups,
    positions: elements(output) / all,
  }
}

/** What is computed beside what is needed. */
const padding = (count: number, lanes: number): number => (Math.ceil(count / lanes) * lanes) / count

/** Multiply-adds: every output element takes a filter; every input row of a matrix product takes the matrix. */
function workOf({ node, weight, axis, inputs, output }: Product, elements: Elements): number {
  const { shape } = weight.tensor
  const depth = elementCount(shape) / (shape[axis] ?? 1)
  if (node.op === 'Conv') return elements(output) * depth
  return (elements(inputs[0] ?? '') / depth) * elementCount(shape)
}
