// Tied weights that are stored twice, once transposed: exporters fold the transpose of an output head into a copy of the
// embedding, so the bytes differ and plain deduplication does not see it. Every matrix gets two fingerprints, as it stands
// and transposed; a sum over elements of a mix of row, column and bits does not depend on the order of reading, so both
// come from one pass over the bytes in bands.
import { dataTypes } from '../dtype.ts'
import type { Graph } from '../ir.ts'
import type { Tensor } from '../tensor.ts'
import { weights, type Weight } from '../weights.ts'

export interface TransposedTwins {
  readonly weight: Weight
  /** Equal to the transpose of `weight`, element by element. */
  readonly twin: Weight
  /** The 128-bit fingerprint that both have. */
  readonly evidence: string
}

export interface TwinOptions {
  /** Smaller matrices are not looked at, in bytes. Default 4096. */
  readonly minBytes?: number
  readonly signal?: AbortSignal
}

const bandBytes = 1 << 22

/** Pairs of 2-D weights of which one is the other transposed; symmetric matrices are no twins of themselves. */
export async function findTransposedTwins(
  graph: Graph,
  options: TwinOptions = {},
): Promise<readonly TransposedTwins[]> {
  const { minBytes = 4096 } = options
  const matrices = weights(graph).filter(({ tensor }) => isMatrix(tensor) && tensor.byteLength >= minBytes)
  const shapes = new Set(matrices.map(({ tensor }) => kindOf(tensor, false)))
  const candidates = matrices.filter(({ tensor }) => shapes.has(kindOf(tensor, true)))
  const likely = await likelyTwins(candidates, options.signal)
  const seen = new Map<string, Weight>()
  const pairs: TransposedTwins[] = []
  for (const weight of likely) {
    const prints = await fingerprints(weight.tensor, options.signal)
    const twin = seen.get(`${kindOf(weight.tensor, true)} ${prints.transposed}`)
    if (twin) pairs.push({ weight: twin, twin: weight, evidence: prints.transposed })
    const own = `${kindOf(weight.tensor, false)} ${prints.straight}`
    if (!seen.has(own)) seen.set(own, weight)
  }
  return pairs
}

/** Elements at the start of the first row and column that are looked at before anything is read whole. */
const probes = 8

/** Matrices with a corner that another one has too, whose first row starts like the first column of another one, or the other way round. */
async function likelyTwins(
  candidates: readonly Weight[],
  signal: AbortSignal | undefined,
): Promise<readonly Weight[]> {
  const starts = new Map<Weight, { readonly row: string; readonly column: string }>()
  const sameCorner = await sharing(candidates, ({ tensor }) => startOf(tensor, 'corner', signal))
  for (const weight of sameCorner) {
    const [row, column] = [
      await startOf(weight.tensor, 'row', signal),
      await startOf(weight.tensor, 'column', signal),
    ]
    starts.set(weight, { row, column })
  }
  const counts = new Map<string, number>()
  const note = (key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1)
  for (const { row, column } of starts.values()) {
    note(`${row} ${column}`)
    if (row !== column) note(`${column} ${row}`)
  }
  return sameCorner.filter(weight => {
    const { row = '', column = '' } = starts.get(weight) ?? {}
    return (counts.get(`${row} ${column}`) ?? 0) > 1
  })
}

/** Those whose key another one has too. */
async function sharing<T>(all: readonly T[], keyOf: (each: T) => Promise<string>): Promise<readonly T[]> {
  const keys = await Promise.all(all.map(keyOf))
  const counts = new Map<string, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return all.filter((_, at) => (counts.get(keys[at] ?? '') ?? 0) > 1)
}

async function startOf(
  tensor: Tensor,
  along: 'corner' | 'row' | 'column',
  signal: AbortSignal | undefined,
): Promise<string> {
  const [rows = 0, columns = 0] = tensor.shape
  const width = dataTypes[tensor.dtype].bits / 8
  const count = along === 'corner' ? 1 : Math.min(probes, rows, columns)
  const read = (index: number): Promise<Uint8Array> =>
    tensor.read({ offset: index * width, length: width, ...(signal ? { signal } : {}) })
  const parts = await Promise.all(
    Array.from({ length: count }, (_, at) => read(along === 'column' ? at * columns : at)),
  )
  return parts.map(bytes => [...bytes].join()).join()
}

const isMatrix = ({ shape, dtype, computed }: Tensor): boolean =>
  shape.length === 2 && !computed && [8, 16, 32].includes(dataTypes[dtype].bits)

function kindOf({ dtype, shape }: Tensor, transposed: boolean): string {
  const [rows = 0, columns = 0] = shape
  return transposed ? `${dtype}[${columns},${rows}]` : `${dtype}[${rows},${columns}]`
}

/** MurmurHash3's finalizer. */
function mix(value: number): number {
  let x = value ^ (value >>> 16)
  x = Math.imul(x, 0x85ebca6b)
  x ^= x >>> 13
  x = Math.imul(x, 0xc2b2ae35)
  return x ^ (x >>> 16)
}

class Fingerprint {
  readonly #sums = new Uint32Array(4)

  add(row: number, column: number, bits: number): void {
    const place = mix(Math.imul(row, 0x9e3779b1) ^ mix(column + 0x7f4a7c15))
    let value = mix(bits ^ place)
    for (let lane = 0; lane < 4; lane++) {
      value = mix(value + Math.imul(place, 2 * lane + 1) + lane)
      this.#sums[lane] = (this.#sums[lane] ?? 0) + value
    }
  }

  get text(): string {
    return [...this.#sums].map(sum => sum.toString(16).padStart(8, '0')).join('')
  }
}

async function fingerprints(
  tensor: Tensor,
  signal: AbortSignal | undefined,
): Promise<{ readonly straight: string; readonly transposed: string }> {
  const columns = tensor.shape[1] ?? 1
  const width = dataTypes[tensor.dtype].bits / 8
  const [straight, transposed] = [new Fingerprint(), new Fingerprint()]
  for (let offset = 0; offset < tensor.byteLength; offset += bandBytes) {
    signal?.throwIfAborted()
    const length = Math.min(bandBytes, tensor.byteLength - offset)
    const bytes = await tensor.read({ offset, length, ...(signal ? { signal } : {}) })
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at < length; at += width) {
      const index = (offset + at) / width
      const [row, column] = [Math.floor(index / columns), index % columns]
      const bits =
        width === 4 ? view.getUint32(at, true) : width === 2 ? view.getUint16(at, true) : view.getUint8(at)
      straight.add(row, column, bits)
      transposed.add(column, row, bits)
    }
  }
  return { straight: straight.text, transposed: transposed.text }
}
