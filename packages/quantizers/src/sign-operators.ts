// No operator reads one bit a weight. MatMulNBits has 2 bits at least, GatherBlockQuantized 4 in the runtimes of browsers, so
// files hold the signs, and a Gather from a table of all bytes makes the codes that operators read. Nothing but constants goes
// in: ONNX Runtime does it once, when a session is made. The same form as in files published for dtype q1 (Bonsai).
//   sign 0 → middle − 1,  sign 1 → middle + 1,   so that  (q − middle) · s = ±s  without zero points
import { memoryTensor, type Draft } from '@damson/graph'
import { blockSizes, packCodes, type BlockSpec } from '@damson/numerics'
import { int } from './int-attributes.ts'

const int32 = 6

/** Makes the value `out` of signs: codes of 2 bits as MatMulNBits reads them, or of 4 as GatherBlockQuantized does. */
export function emitSpread(draft: Draft, signs: string, out: string, spec: BlockSpec, bits: 2 | 4): void {
  const { kBlocks, blob, rowBytes } = blockSizes({ ...spec, bits })
  const shape = bits === 2 ? [spec.N, kBlocks, blob] : [spec.N, rowBytes]
  const cast = [['to', int(int32)]] as const
  const [index = ''] = draft.add({ op: 'Cast', inputs: [signs], attributes: new Map(cast) }).outputs
  const [codes = ''] = draft.add({ op: 'Gather', inputs: [tableOf(draft, bits), index] }).outputs
  const sizes = memoryTensor('int64', [shape.length], BigInt64Array.from(shape, BigInt))
  draft.add({ op: 'Reshape', inputs: [codes, draft.addInitializer('sizes', sizes)], outputs: [out] })
}

/** [256, bits]: the codes of the eight signs of each byte. One a body. */
function tableOf(draft: Draft, bits: 2 | 4): string {
  const middle = 2 ** (bits - 1)
  const rows = Array.from({ length: 256 }, (_, byte) =>
    packCodes(
      Uint8Array.from({ length: 8 }, (_, at) => middle - 1 + 2 * ((byte >> at) & 1)),
      bits,
    ),
  )
  const table = memoryTensor('uint8', [256, bits], Uint8Array.from(rows.flatMap(row => [...row])))
  for (const [name, { tensor }] of draft.initializers) if (tensor.key === table.key) return name
  return draft.addInitializer(`signs_to_${bits}_bits`, table)
}

/** At most so many bytes of a file are the table, the nodes and the sizes of one spread. */
export function spreadBytes(bits: 2 | 4): number {
  return 256 * bits + 400
}
