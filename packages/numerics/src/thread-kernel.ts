// The same work in another thread. A thread has a memory of its own and knows nothing: it is told what to write where, which
// exports to call and what to read back. So its program is a few lines of plain JavaScript, kept as text: no bundler, loader or
// path has to find a file for it. Starting threads is the caller's, since that differs between Node and browsers.
import { layOut } from './arena.ts'
import { repeatStaleCodes } from './block-padding.ts'
import { planBlockStream, type BandOptions, type BlockPlan } from './block-plan.ts'
import type { BlockSizes, BlockSpec } from './block-spec.ts'
import {
  callOf,
  checkRows,
  clearZeroPoints,
  sumBytes,
  type BlockRows,
  type FixedCall,
} from './block-stream.ts'
import { compileEngine, wasmBlockCalls } from './wasm-engine.ts'

/** One message to a thread; all its arrays may be transferred. */
export interface ThreadJob {
  /** The module to start from, in the first message. */
  readonly module?: WebAssembly.Module
  /** Bytes of memory that there must be. */
  readonly bytes: number
  /** Exports and their arguments. */
  readonly calls: readonly (readonly [string, ...number[]])[]
  readonly writes: readonly (readonly [address: number, bytes: Uint8Array<ArrayBuffer>])[]
  readonly reads: readonly (readonly [address: number, length: number])[]
}

export interface ThreadResult {
  /** What each call returned. */
  readonly results: readonly number[]
  readonly reads: readonly ArrayBuffer[]
  /** The buffers that were written, back again. */
  readonly returned: readonly ArrayBuffer[]
}

/** A thread that runs `threadProgram`; jobs run in the order in which they are given. */
export interface KernelThread {
  run(job: ThreadJob): Promise<ThreadResult>
}

/** Defines `answer({ id, job }, post)`, which posts `{ id, result }` or `{ id, error }` and the buffers to transfer. */
export const threadProgram: string = `
let engine
function handle({ module, bytes, writes, calls, reads }) {
  if (module) engine = new WebAssembly.Instance(module).exports
  const missing = bytes - engine.memory.buffer.byteLength
  if (missing > 0) engine.memory.grow(Math.ceil(missing / 65536))
  const { buffer } = engine.memory
  for (const [address, data] of writes) new Uint8Array(buffer).set(data, address)
  const results = calls.map(([name, ...args]) => Number(engine[name](...args)))
  const copies = reads.map(([address, length]) => buffer.slice(address, address + length))
  return { results, reads: copies, returned: writes.map(([, data]) => data.buffer) }
}
function answer({ id, job }, post) {
  try {
    const result = handle(job)
    post({ id, result }, [...result.reads, ...result.returned])
  } catch (error) {
    post({ id, error: String(error) }, [])
  }
}
`

/** The first message to a thread. Throws where WASM may not be compiled. */
export function threadStart(): ThreadJob {
  return { module: compileEngine(), bytes: 0, writes: [], calls: [['base']], reads: [] }
}

/** What a thread answers to `threadStart`, read: the first address that callers may use. */
export function threadBase({ results }: ThreadResult): number {
  return results[0] ?? 0
}

/** A push and what came back from it: the buffer that was given away, and with the last push the rows. */
export interface ThreadPush {
  readonly done?: BlockRows
  readonly returned: ArrayBuffer | undefined
}

/** The coding of one matrix in another thread; a thread codes one at a time. */
export interface ThreadBlockStream {
  /** As in BlockStream; for layout NK all rows go in one push. */
  readonly bandRows: number
  readonly sourceRowBytes: number
  /** Codes rows [rows, sourceRowBytes], which are given away. Push again before it is answered: jobs keep their order. */
  push(bytes: Uint8Array<ArrayBuffer>, rows: number): Promise<ThreadPush>
}

/** Opens a stream on a thread whose memory is free from `base` on. */
export function openThreadBlocks(
  thread: KernelThread,
  base: number,
  spec: BlockSpec,
  options: BandOptions = {},
): ThreadBlockStream {
  const plan = planBlockStream(spec, options)
  const { sizes, bandRows, sourceRowBytes } = plan
  const { addresses, end } = layOut(base, plan.regions)
  const [source = 0, floats = 0] = addresses
  const call = callOf(spec, plan, addresses)
  const total = spec.layout === 'KN' ? spec.K : spec.N
  let pushed = 0
  let unsoundBlocks = 0
  return {
    bandRows,
    sourceRowBytes,
    push: async (bytes, rows) => {
      checkRows(spec, rows, bandRows, pushed, total)
      const firstBlock = spec.layout === 'KN' ? pushed / spec.blockSize : 0
      const writes = [[source, bytes] as const, ...(pushed === 0 ? firstWrites(spec, plan, call) : [])]
      pushed += rows
      const last = pushed === total
      const { results, reads, returned } = await thread.run({
        bytes: end,
        writes,
        calls: [
          ...widening(spec, source, floats, (rows * sourceRowBytes) / 2),
          ...wasmBlockCalls({ ...call, rows, firstBlock }, spec.layout),
        ],
        reads: last ? resultPlaces(spec, sizes, call) : [],
      })
      unsoundBlocks += results.at(-1) ?? 0
      return { returned: returned[0], ...(last ? { done: rowsOf(reads, spec, sizes, unsoundBlocks) } : {}) }
    },
  }
}

type Write = ThreadJob['writes'][number]

/** The table of the search, what zero points are OR-ed into, and what errors are added to. */
function firstWrites(spec: BlockSpec, plan: BlockPlan, call: FixedCall): readonly Write[] {
  const zeroPoints = new Uint8Array(plan.keptRows * plan.sizes.zeroRowBytes)
  clearZeroPoints(zeroPoints, spec, plan)
  const table = new Uint8Array(plan.search.table.slice().buffer)
  const sums = new Uint8Array(sumBytes(plan))
  return [
    [call.search.table, table],
    [call.sums, sums],
    ...(spec.symmetric ? [] : [[call.zeroPoints, zeroPoints] as const]),
  ]
}

function widening({ dtype }: BlockSpec, source: number, floats: number, count: number): ThreadJob['calls'] {
  if (dtype !== 'float16' && dtype !== 'bfloat16') return []
  return [[dtype === 'float16' ? 'widenFloat16' : 'widenBfloat16', source, count, floats]]
}

function resultPlaces({ N, symmetric }: BlockSpec, sizes: BlockSizes, call: FixedCall): ThreadJob['reads'] {
  const places = [[call.packed, N * sizes.rowBytes] as const, [call.scales, N * sizes.kBlocks * 4] as const]
  return symmetric ? places : [...places, [call.zeroPoints, N * sizes.zeroRowBytes]]
}

function rowsOf(
  [packed, scales, zeroPoints]: readonly ArrayBuffer[],
  spec: BlockSpec,
  sizes: BlockSizes,
  unsoundBlocks: number,
): BlockRows {
  const codes = new Uint8Array(packed ?? new ArrayBuffer(0))
  if (spec.search === undefined || spec.search === 'minmax') repeatStaleCodes(codes, spec, sizes)
  return {
    from: 0,
    to: spec.N,
    packed: codes,
    scales: new Float32Array(scales ?? new ArrayBuffer(0)),
    ...(zeroPoints ? { zeroPoints: new Uint8Array(zeroPoints) } : {}),
    unsoundBlocks,
  }
}
