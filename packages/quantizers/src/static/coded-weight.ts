// The codes of a weight for scales that are known: a computed tensor, so that a rewrite costs nothing and memory is a band.
import { computeTensors, DamsonError, type Tensor } from '@damson/graph'
import type { Coder } from '../coder.ts'

/** int8 codes round(w / s), of the shape of the weight. `scales`: [channels] along `axis`. */
export function codedWeight(
  weight: Tensor,
  axis: number,
  scales: Float32Array<ArrayBuffer>,
  key: string,
  coder: Coder,
): Tensor {
  const given = { scales, zeroPoints: new Int32Array(scales.length), low: -128, high: 127 }
  const [codes] = computeTensors({
    key: `${key}:${weight.key}:${axis}`,
    cost: weight.byteLength,
    outputs: [{ dtype: 'int8', shape: weight.shape }],
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
