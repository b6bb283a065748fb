// Codes of any width from 2 to 8 bits for weights that are decoded when a session is made. No operator has to read them, so
// they need not keep to the widths, the padding and the float32 scales of MatMulNBits: a code of 5 bits lies as one of 4 and
// one of 1 (planes), blocks divide the row evenly, scales are float16. At symmetric 4 bits in blocks of 32 that is a tenth less.
import { computeTensors, DamsonError, type Tensor } from '@damson/graph'
import { encodeFloats, packCodes, packedBytes, roundToFloat16, type CodeBits } from '@damson/numerics'
import { bestGrid, nearestCode, type CodedRows, type Grid } from './block-grid.ts'
import { matrixRows } from './coded-rows.ts'

/** Bits of a code, those of the lower plane, and those of the upper. */
const planes = { 2: [2, 0], 3: [2, 1], 4: [4, 0], 5: [4, 1], 6: [4, 2], 8: [8, 0] } as const
export type PlaneBits = keyof typeof planes

export interface PlaneSpec {
  readonly K: number
  readonly N: number
  readonly layout: 'KN' | 'NK'
  readonly bits: PlaneBits
  /** It divides K. */
  readonly blockSize: number
  readonly symmetric: boolean
}

/** Codes lie as rows [N, K] whatever the layout, packed through; scales and zero points [N, K / blockSize]. */
export interface PlaneCodes {
  readonly low: Tensor
  readonly high: Tensor | undefined
  /** float16 */
  readonly scales: Tensor
  /** uint8, one an element. */
  readonly zeroPoints: Tensor | undefined
}

export const widthsOf = (bits: PlaneBits): { readonly low: CodeBits; readonly high: 0 | 1 | 2 } => {
  const [low, high] = planes[bits]
  return { low, high }
}

/** The length of blocks that divides K evenly and is nearest to what was asked for, in the ratio of the two. */
export function evenBlock(K: number, blockSize: number): number {
  const wanted = Math.max(1, K / blockSize)
  let best = 1
  for (let count = 1; count <= 2 * wanted && count <= K; count++)
    if (K % count === 0 && Math.abs(Math.log(count / wanted)) < Math.abs(Math.log(best / wanted)))
      best = count
  return K / best
}

export function planeBytes({ K, N, bits, blockSize, symmetric }: PlaneSpec): number {
  const { low, high } = widthsOf(bits)
  const upper = high === 0 ? 0 : packedBytes(K * N, high)
  return packedBytes(K * N, low) + upper + (symmetric ? 2 : 3) * N * (K / blockSize)
}

/** The coded weight as computed tensors: least squared error block by block. `key` is `id:version`. */
export function codePlanes(weight: Tensor, spec: PlaneSpec, key: string): PlaneCodes {
  const { K, N, layout, bits, blockSize, symmetric } = spec
  const { low, high } = widthsOf(bits)
  const shape = [N, K / blockSize]
  const outputs = [
    { dtype: 'uint8', shape: [packedBytes(K * N, low)] },
    { dtype: 'float16', shape },
    ...(high === 0 ? [] : [{ dtype: 'uint8', shape: [packedBytes(K * N, high)] } as const]),
    ...(symmetric ? [] : [{ dtype: 'uint8', shape } as const]),
  ] as const
  const [lower, scales, ...rest] = computeTensors({
    key: `${key}:${weight.key}:planes:${layout}:${bits}:${blockSize}:${symmetric ? 'symmetric' : 'asymmetric'}`,
    cost: weight.byteLength,
    outputs,
    run: async (write, { signal }) => {
      const coded = await codedWhole(weight, spec, signal)
      await write(
        0,
        0,
        packCodes(
          coded.codes.map(code => code & (2 ** low - 1)),
          low,
        ),
      )
      await write(1, 0, new Uint8Array(encodeFloats(coded.scales, 'float16').buffer))
      if (high !== 0)
        await write(
          2,
          0,
          packCodes(
            coded.codes.map(code => code >> low),
            high,
          ),
        )
      if (!symmetric) await write(high === 0 ? 2 : 3, 0, coded.zeroPoints.slice())
    },
  })
  if (!lower || !scales) throw new DamsonError('internal', 'Expected two to four coded tensors.')
  return {
    low: lower,
    high: high === 0 ? undefined : rest[0],
    scales,
    zeroPoints: symmetric ? undefined : rest.at(-1),
  }
}

/** The weight as its codes say, laid out as it is. */
export async function planeValues(
  weight: Tensor,
  spec: PlaneSpec,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const { K, N, layout, blockSize } = spec
  const { codes, scales, zeroPoints } = await codedWhole(weight, spec, signal)
  const values = new Float32Array(K * N)
  for (let n = 0; n < N; n++) {
    for (let k = 0; k < K; k++) {
      const block = n * (K / blockSize) + Math.floor(k / blockSize)
      const value = ((codes[n * K + k] ?? 0) - (zeroPoints[block] ?? 0)) * (scales[block] ?? 0)
      values[layout === 'KN' ? k * N + n : n * K + k] = value
    }
  }
  return values
}

async function codedWhole(weight: Tensor, spec: PlaneSpec, signal?: AbortSignal): Promise<CodedRows> {
  const { K, N, blockSize } = spec
  const whole = {
    codes: new Uint8Array(K * N),
    scales: new Float32Array((K * N) / blockSize),
    zeroPoints: new Uint8Array((K * N) / blockSize),
  }
  for await (const { from, rows } of matrixRows(weight, spec, signal)) {
    for (let at = 0; at < rows.length; at += blockSize) codeBlock(rows, at, spec, whole, from * K + at)
  }
  return whole
}

/** One block from `at` on: of ranges that shrink the one of least error, then the scale that suits its codes best. */
function codeBlock(rows: Float64Array, at: number, spec: PlaneSpec, into: CodedRows, place: number): void {
  const { blockSize, bits } = spec
  const grid: Grid = { scale: 0, zeroPoint: 0 }
  const even = evenWeights(blockSize)
  bestGrid(rows, at, blockSize, even, { ...spec, dtype: 'float16' }, grid)
  const refitted = { ...grid, scale: refit(rows, at, blockSize, grid, 2 ** bits - 1) }
  const better = errorOf(rows, at, blockSize, refitted, bits) < errorOf(rows, at, blockSize, grid, bits)
  const { scale, zeroPoint } = better ? refitted : grid
  for (let k = 0; k < blockSize; k++)
    into.codes[place + k] = nearestCode(rows[at + k] ?? 0, { scale, zeroPoint }, 2 ** bits - 1)
  into.scales[place / blockSize] = scale
  into.zeroPoints[place / blockSize] = zeroPoint
}

const evenWeights = (count: number): Float64Array => new Float64Array(count).fill(1)

/** s = Σ w (q − z) / Σ (q − z)² */
function refit(w: Float64Array, at: number, count: number, grid: Grid, top: number): number {
  let [product, power] = [0, 0]
  for (let k = 0; k < count; k++) {
    const value = w[at + k] ?? 0
    const code = nearestCode(value, grid, top) - grid.zeroPoint
    product += value * code
    power += code * code
  }
  return power === 0 ? grid.scale : roundToFloat16(product / power)
}

function errorOf(w: Float64Array, at: number, count: number, grid: Grid, bits: number): number {
  let error = 0
  for (let k = 0; k < count; k++) {
    const value = w[at + k] ?? 0
    error += (value - grid.scale * (nearestCode(value, grid, 2 ** bits - 1) - grid.zeroPoint)) ** 2
  }
  return error
}
