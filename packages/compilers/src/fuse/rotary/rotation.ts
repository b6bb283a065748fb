// A rotation as a value: pairs of lanes of each head turn by an angle of their own,
//   y[i] = x[i]·cos[k] − x[j]·sin[k],   y[j] = x[j]·cos[k] + x[i]·sin[k],
// with j = i + m for halves, or i = 2k, j = 2k + 1 for neighbours; lanes from 2m on stay as they are.
import type { Node } from '@damson/graph'
import { miss, type Miss } from '../seek/miss.ts'
import { regrouping, type View } from '../seek/view.ts'
import { valueOf, type Lane, type Lanes, type Term } from './lanes.ts'
import { Reading, type Multiplied } from './reading.ts'

export interface Rotation {
  /** The node that gives y. */
  readonly root: Node
  readonly x: string
  /** Lanes of one head. */
  readonly headSize: number
  /** Lanes of one head that turn, 2m. */
  readonly turning: number
  readonly interleaved: boolean
  /** What x is multiplied with, and which of its lanes are cos[0..m) and sin[0..m). */
  readonly cos: Table
  readonly sin: Table
  readonly inner: readonly Node[]
}

export interface Table {
  readonly value: string
  /** First lane, and how far apart: the table [.., m] is value[.., start::step] cut to m. */
  readonly step: number
  /** Its shape is aligned with the last dimensions of this one: that of the product it is used in. */
  readonly aligned: readonly (number | string | null)[]
}

/** The rotation that ends at or behind an Add of two products. */
export function rotationAt(view: View, add: Node): Rotation | Miss {
  const [start = ''] = add.outputs
  const seen = new Reading(view)
  const lanes = seen.of(start)
  const x = lanes && rotatedValue(lanes)
  if (x === undefined) return miss(1, 'does not add up two products of one value', start)
  let best: Rotation | Miss = miss(1, 'the lanes do not turn in pairs', start)
  for (const root of [...behind(view, add)].reverse()) {
    const reading = new Reading(view, x)
    const all = reading.of(root.outputs[0] ?? '')
    const found = all && turned(view, root, x, all, reading)
    if (found && !('reason' in found)) return found
    if (found && found.progress > best.progress) best = found
  }
  return best
}

/** The one value that every term has a lane of. */
function rotatedValue({ lanes }: Lanes): string | undefined {
  const terms = lanes.flat()
  if (terms.length !== 2 * lanes.length || terms.some(term => term.symbols.length !== 2)) return undefined
  const [first, ...others] = terms.map(term => new Set(term.symbols.map(valueOf)))
  const common = [...(first ?? [])].filter(value => others.every(other => other.has(value)))
  return common.length === 1 ? common[0] : undefined
}

/** The node, and those behind it that only join and regroup. */
function behind(view: View, start: Node): readonly Node[] {
  const nodes = [start]
  for (let node = start; nodes.length < 8;) {
    const [reader, ...others] = view.readers(node.outputs[0] ?? '') ?? []
    if (!reader || others.length > 0 || reader.domain !== '') break
    if (!regrouping.has(reader.op) && reader.op !== 'Concat' && !view.passes(reader)) break
    nodes.push(reader)
    node = reader
  }
  return nodes
}

interface Turn {
  readonly cos: Term
  readonly sin: Term
  readonly partner: number
}

function turned(
  view: View,
  root: Node,
  x: string,
  { lanes }: Lanes,
  reading: Reading,
): Rotation | Miss | undefined {
  const [output = ''] = root.outputs
  const width = view.shape(x)?.at(-1)
  const headSize = view.shape(output)?.at(-1)
  if (width !== lanes.length || typeof headSize !== 'number' || lanes.length % headSize !== 0)
    return undefined
  const turns = lanes.map((lane, at) => turnOf(lane, at, x))
  const odd = turns.findIndex(turn => turn === undefined)
  if (odd >= 0) return miss(2, `lane ${odd} does not turn with another`, output)
  const [first] = turns
  const turning = turns.slice(0, headSize).filter(turn => turn !== 'stays').length
  if (!first || first === 'stays') return miss(2, 'the first lanes do not turn', output)
  const interleaved = first.partner === 1 && turning !== 2
  const m = turning / 2
  const head = turns.slice(0, headSize)
  for (const [at, turn] of turns.entries()) {
    const reason = mismatch(turn, at, head, headSize, m, interleaved)
    if (reason) return miss(3, reason, output)
  }
  const wanted = Array.from({ length: m }, (_, k) => head[interleaved ? 2 * k : k])
  const known = wanted.filter(turn => turn !== undefined && turn !== 'stays')
  const table = (terms: readonly Term[]): Table | undefined => tableOf(view, reading.products, x, terms)
  const cos = table(known.map(turn => turn.cos))
  const sin = table(known.map(turn => negated(turn.sin)))
  if (!cos || !sin) return miss(4, 'no value holds the cosines and sines of all lanes in order', output)
  return { root, x, headSize, turning, interleaved, cos, sin, inner: [...reading.nodes] }
}

const negated = ({ coefficient, symbols }: Term): Term => ({ coefficient: -coefficient, symbols })

/** A lane: what it is multiplied with, the lane it turns with and what that is multiplied with. */
function turnOf(lane: Lane, at: number, x: string): Turn | 'stays' | undefined {
  const parts = lane.map(term => partOf(term, x))
  const own = parts.find(part => part?.lane === at)
  const other = parts.find(part => part?.lane !== at)
  if (lane.length === 1 && own && own.rest.symbols.length === 0)
    return own.rest.coefficient === 1 ? 'stays' : undefined
  if (lane.length !== 2 || !own || !other) return undefined
  const single = own.rest.symbols.length === 1 && other.rest.symbols.length === 1
  return single ? { cos: own.rest, sin: other.rest, partner: other.lane } : undefined
}

function partOf(
  { coefficient, symbols }: Term,
  x: string,
): { readonly lane: number; readonly rest: Term } | undefined {
  const [own, ...more] = symbols.filter(symbol => valueOf(symbol) === x)
  if (own === undefined || more.length > 0) return undefined
  const rest = symbols.filter(symbol => symbol !== own)
  return { lane: Number(own.slice(own.lastIndexOf('#') + 1)), rest: { coefficient, symbols: rest } }
}

const sameTerm = (a: Term, b: Term): boolean =>
  a.coefficient === b.coefficient && a.symbols.join() === b.symbols.join()

/** Why a lane does not turn as its place asks. */
function mismatch(
  turn: Turn | 'stays' | undefined,
  at: number,
  head: readonly (Turn | 'stays' | undefined)[],
  headSize: number,
  m: number,
  interleaved: boolean,
): string | undefined {
  const [lane, start] = [at % headSize, at - (at % headSize)]
  const model = head[lane]
  if (!turn || !model) return `lane ${lane} does not turn with another`
  if (lane >= 2 * m) return turn === 'stays' ? undefined : 'the lanes that turn are not the first ones'
  if (turn === 'stays' || model === 'stays') return 'the lanes that turn are not the first ones'
  const leads = interleaved ? lane % 2 === 0 : lane < m
  const distance = interleaved ? 1 : m
  const partner = leads ? lane + distance : lane - distance
  if (turn.partner !== start + partner)
    return `lane ${lane} turns with lane ${turn.partner - start}, not ${partner}`
  const mate = head[partner]
  if (!mate || mate === 'stays') return `lane ${partner} does not turn`
  if (!sameTerm(turn.cos, mate.cos) || !sameTerm(turn.sin, negated(mate.sin)))
    return `lanes ${lane} and ${partner} turn by different angles`
  const sign = turn.sin.coefficient / turn.cos.coefficient
  return sign < 0 === leads ? undefined : 'the lanes turn the other way'
}

/** The operand of a product that holds the terms in order: as they stand, each twice in a row, or all twice. */
function tableOf(
  view: View,
  products: readonly Multiplied[],
  x: string,
  terms: readonly Term[],
): Table | undefined {
  for (const { node, operands, lanes } of products) {
    const aligned = view.shape(node.outputs[0] ?? '')
    for (const [at, own] of lanes.entries()) {
      const value = operands[at] ?? ''
      if (
        !aligned ||
        own.lanes.some(lane => lane.some(term => term.symbols.some(symbol => valueOf(symbol) === x)))
      )
        continue
      const count = view.shape(value)?.at(-1)
      if (typeof count !== 'number' || count < terms.length) continue
      const last = own.lanes.slice(0, count)
      for (const step of [1, 2]) {
        if (terms.every((term, k) => holds(last[step * k], term))) return { value, step, aligned }
      }
    }
  }
  return undefined
}

const holds = (lane: Lane | undefined, term: Term): boolean => {
  const [only, ...more] = lane ?? []
  return only !== undefined && more.length === 0 && sameTerm(only, term)
}
