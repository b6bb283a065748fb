// A weight coded by several threads. This thread only reads and writes; bands go back and forth without being copied.
// Memory: two bands a thread, and for layout KN the result of a slice of the weight, a part of it in each thread.
import type { Tensor } from '@damson/graph'
import {
  blockSizes, openThreadBlocks, type BlockRows, type BlockSpec, type ThreadBlockStream, type ThreadPush,
} from '@damson/numerics' // prettier-ignore
import type { PoolThread } from './thread-pool.ts'

/** Source bytes of the bands that go to all threads together. */
const bandBytes = 1 << 20

export interface ThreadedCoding {
  readonly weight: Tensor
  readonly spec: BlockSpec
  readonly threads: readonly PoolThread[]
  /** Takes finished rows; their `from` counts from row `first` of the weight. */
  readonly write: (rows: BlockRows, first: number) => Promise<void>
  readonly signal: AbortSignal | undefined
}

/** Layout NK: each band is a matrix of its own, and goes to whoever is free. */
export async function codeRowsInThreads(coding: ThreadedCoding): Promise<void> {
  const { weight, spec, threads, write, signal } = coding
  const options = { bandBytes: bandBytes / threads.length }
  let next = 0
  const work = async ({ thread, base }: PoolThread): Promise<void> => {
    let buffer: ArrayBuffer | undefined
    while (next < spec.N) {
      signal?.throwIfAborted()
      const from = next
      const { bandRows, sourceRowBytes } = openThreadBlocks(thread, base, spec, options)
      const rows = Math.min(bandRows, spec.N - from)
      next += rows
      buffer ??= new ArrayBuffer(bandRows * sourceRowBytes)
      const bytes = new Uint8Array(buffer, 0, rows * sourceRowBytes)
      await weight.read({ offset: from * sourceRowBytes, into: bytes })
      const stream = openThreadBlocks(thread, base, { ...spec, N: rows }, options)
      const { done, returned } = await stream.push(bytes, rows)
      buffer = returned
      if (done) await write(done, from)
    }
  }
  const workToTheEnd = async (thread: PoolThread): Promise<void> => {
    try {
      await work(thread)
    } finally {
      next = spec.N // what failed ends the others too
    }
  }
  // Two at a time for each thread: one band is read or written while the other is coded.
  await allDone(threads.flatMap(thread => [workToTheEnd(thread), workToTheEnd(thread)]))
}

/** Columns from..to of a weight of layout KN: each thread has a part of the columns, and all of them get every band. */
export async function codeColumnsInThreads(
  coding: ThreadedCoding,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<void> {
  const { weight, spec, write, signal } = coding
  const { sourceElementBytes: width } = blockSizes(spec)
  const parts = partsOf(coding, from, to)
  const bandRows = Math.min(...parts.map(({ stream }) => stream.bandRows))
  const band = new Uint8Array(bandRows * (to - from) * width)
  let pending: readonly Promise<ThreadPush>[] = []
  try {
    for (let row = 0; row < spec.K; row += bandRows) {
      signal?.throwIfAborted()
      const rows = Math.min(bandRows, spec.K - row)
      await readColumns(weight, spec, band, { row, rows, from, to })
      const before = pending
      pending = parts.map(part => part.push(band, rows))
      for (const [at, { returned }] of (await Promise.all(before)).entries()) parts[at]?.recycle(returned)
    }
    for (const [at, { done }] of (await Promise.all(pending)).entries()) {
      if (done) await write(done, parts[at]?.from ?? from)
    }
  } finally {
    await Promise.allSettled(pending)
  }
}

interface Part {
  readonly from: number
  readonly stream: ThreadBlockStream
  /** Sends its columns of a band. */
  push(band: Uint8Array, rows: number): Promise<ThreadPush>
  recycle(buffer: ArrayBuffer | undefined): void
}

function partsOf({ spec, threads }: ThreadedCoding, from: number, to: number): readonly Part[] {
  // Kernels take sixteen columns at a time.
  const share = Math.ceil((to - from) / threads.length / 16) * 16
  const { sourceElementBytes } = blockSizes(spec)
  return threads.flatMap(({ thread, base }, at) => {
    const first = from + at * share
    const N = Math.min(share, to - first)
    if (N <= 0) return []
    const stream = openThreadBlocks(thread, base, { ...spec, N }, { bandBytes: bandBytes / threads.length })
    const free: ArrayBuffer[] = []
    const rowBytes = (to - from) * sourceElementBytes
    const offset = (first - from) * sourceElementBytes
    const length = N * sourceElementBytes
    return {
      from: first,
      stream,
      recycle: buffer => void (buffer && free.push(buffer)),
      push: (band, rows) => {
        const bytes = new Uint8Array(
          free.pop() ?? new ArrayBuffer(stream.bandRows * length),
          0,
          rows * length,
        )
        for (let row = 0; row < rows; row++) {
          const start = row * rowBytes + offset
          bytes.set(band.subarray(start, start + length), row * length)
        }
        return stream.push(bytes, rows)
      },
    } satisfies Part
  })
}

interface Place {
  readonly row: number
  readonly rows: number
  readonly from: number
  readonly to: number
}

/** Rows of a band: in one piece if they are whole, else one after the other. */
export async function readColumns(
  weight: Tensor,
  spec: BlockSpec,
  band: Uint8Array,
  { row, rows, from, to }: Place,
): Promise<void> {
  const { sourceElementBytes: width } = blockSizes(spec)
  const length = (to - from) * width
  if (to - from === spec.N) {
    await weight.read({ offset: row * length, into: band.subarray(0, rows * length) })
    return
  }
  for (let at = 0; at < rows; at++) {
    const offset = ((row + at) * spec.N + from) * width
    await weight.read({ offset, into: band.subarray(at * length, (at + 1) * length) })
  }
}

/** Waits for all of them, then throws what the first that failed threw. */
async function allDone(work: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason
}
