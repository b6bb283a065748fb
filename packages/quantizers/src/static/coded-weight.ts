// The codes of a weight for scales that are known: a computed tensor, so that a rewrite costs nothing and memory is a band.
import { computeTensors, DamsonError, type Tensor } from '@damson/graph'
import type { Coder } from '../coder.ts'

export type WeightType = 'int8' | 'uint8'

/** Codes round(w / s), of the shape of the weight; uint8 ones with 128 added. `scales`: [channels] along `axis`. */
export function codedWeight(
  weight: Tensor,
  axis: number,
  scales: Float32Array<ArrayBuffer>,
  key: string,
  coder: Coder,
  type: WeightType = 'int8',
): Tensor {
  const middle = type === 'uint8' ? 128 : 0
  const given = { scales, zeroPoints: new Int32Array(scales.length).fill(middle), low: middle - 128, high: middle + 127 }
  const [codes] = computeTensors({
    key: `${key}:${type}:${weight.key}:${axis}`,
    cost: weight.byteLength,
    outputs: [{ dtype: type, shape: weight.shape }],
    run: (write, { signal }) =>
      coder.use(async kernel => {
        const { band, bandRows, sourceRowBytes, shape, push } = kernel.linear({ shape: weight.shape, axis }, given)
        for (let row = 0; row < shape.rows; row += bandRows) {
          signal?.throwIfAborted()
          const rows = Math.min(bandRows, shape.rows - row)
          await weight.read({ offset: row * sourceRowBytes, into: band.subarray(0, rows * sourceRowBytes) })
          const { from, codes } = push(rows)
          await write(0, from * shape.columns, codes)
        }
      }),
  })
  if (!codes) throw new DamsonError('internal', 'Expected a coded tensor.')
  return codes
} // prettier-ignore
