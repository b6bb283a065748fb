// Saving: the plan is carried out in order of offset, tensor by tensor, in bands; computed tensors fill their places
// themselves. No tensor is ever in memory as a whole.
import { DamsonError } from '../error.ts'
import type { Graph } from '../ir.ts'
import { memorySink } from '../storage/memory-sink.ts'
import type { Sink, Source } from '../storage.ts'
import type { Tensor } from '../tensor.ts'
import { ComputedParts } from './computed-parts.ts'
import { HashedFile } from './hashed-file.ts'
import type { KeptData } from './kept-data.ts'
import { planFiles, type ExternalOptions, type PlacedTensors, type PlannedFile } from './plan.ts'

export interface WriteGraphOptions {
  /**
   * `auto` (default): one file below 2 GB, else external data. `never`: one file or an error. `{ keep }`: data files that
   * tensors were read from go along as they are where the graph still uses nearly all of them.
   */
  readonly external?: 'auto' | 'never' | ExternalOptions | KeptData
  readonly signal?: AbortSignal
  /** Bytes written so far, and in all. */
  readonly onProgress?: (done: number, total: number) => void
}

/** A file that was written. */
export interface WrittenFile {
  readonly path: string
  readonly bytes: number
  /** Hexadecimal. */
  readonly sha256: string
}

const bandBytes = 4 * 2 ** 20

/**
 * Writes a graph as `path` into a sink, with external data beside it where needed, and does not commit: a model has
 * several parts. On failure or abort it aborts the sink. Throws `too-large`, `disk`, `read`, and what computations throw.
 * `placed`: where its external tensors lie, for other graphs of the folder that share them.
 */
export async function writeGraph(
  graph: Graph,
  sink: Sink,
  path: string,
  options: WriteGraphOptions = {},
): Promise<{ readonly files: readonly WrittenFile[]; readonly placed: PlacedTensors }> {
  try {
    options.signal?.throwIfAborted()
    const { files, placed } = planFiles(graph, path, options.external ?? 'auto')
    return { files: await new Save(files, options).run(sink), placed }
  } catch (error) {
    await sink.abort()
    throw error
  }
}

/** Writes a file as it is. Throws `disk`, and `read` when it changes meanwhile; the sink is left to whoever has it. */
export async function writeSource(
  source: Source,
  sink: Sink,
  path: string,
  signal?: AbortSignal,
): Promise<WrittenFile> {
  signal?.throwIfAborted()
  const file = await sink.create(path)
  await file.reserve(source.size)
  const hashed = new HashedFile(file, source.size)
  await hashed.copy(source, () => signal?.throwIfAborted(), signal)
  return { path, bytes: source.size, sha256: await hashed.finish() }
}

/** The bytes of a graph as one file. Throws `too-large` above 2 GB. */
export async function graphToBytes(graph: Graph): Promise<Uint8Array<ArrayBuffer>> {
  const sink = memorySink()
  await writeGraph(graph, sink, 'model.onnx', { external: 'never' })
  await sink.commit()
  return sink.files.get('model.onnx') ?? new Uint8Array(0)
}

class Save {
  readonly #plan: readonly PlannedFile[]
  readonly #options: WriteGraphOptions
  readonly #total: number
  #done = 0
  readonly #buffers = [new Uint8Array(0), new Uint8Array(0)]
  #turn = 0
  /** The first band of the tensor that comes next. */
  #ahead: { readonly tensor: Tensor; readonly reading: Promise<Uint8Array> } | undefined

  constructor(plan: readonly PlannedFile[], options: WriteGraphOptions) {
    this.#plan = plan
    this.#options = options
    this.#total = plan.reduce((sum, file) => sum + file.size, 0)
  }

  async run(sink: Sink): Promise<readonly WrittenFile[]> {
    const opened: { planned: PlannedFile; file: HashedFile }[] = []
    for (const planned of this.#plan) {
      const file = await sink.create(planned.path)
      await file.reserve(planned.size)
      opened.push({ planned, file: new HashedFile(file, planned.size) })
    }
    const computed = new ComputedParts(opened, bytes => this.#progress(bytes), this.#options.signal)
    const written: WrittenFile[] = []
    for (const { planned, file } of opened) {
      await this.#parts(planned, file, computed)
      written.push({ path: planned.path, bytes: planned.size, sha256: await file.finish() })
    }
    return written
  }

  async #parts({ parts }: PlannedFile, file: HashedFile, computed: ComputedParts): Promise<void> {
    for (const [at, part] of parts.entries()) {
      if ('bytes' in part) await this.#bytes(file, part.offset, part.bytes)
      else if ('source' in part)
        await file.copy(part.source, bytes => this.#progress(bytes), this.#options.signal)
      else if (part.tensor.computed) await computed.run(part.tensor.computed.computation)
      else await this.#tensor(file, part.offset, part.tensor, storedIn(parts[at + 1]))
    }
  }

  async #bytes(file: HashedFile, offset: number, bytes: Uint8Array): Promise<void> {
    await file.write(offset, bytes)
    this.#progress(bytes.length)
  }

  /** Reads the next band, of this tensor or of the one behind it, while the one before is written. */
  async #tensor(file: HashedFile, offset: number, tensor: Tensor, behind?: Tensor): Promise<void> {
    if (tensor.data) {
      for (let at = 0; at < tensor.byteLength; at += bandBytes)
        await this.#bytes(file, offset + at, tensor.data.subarray(at, at + bandBytes))
      return
    }
    let reading = this.#ahead?.tensor === tensor ? this.#ahead.reading : this.#read(tensor, 0)
    this.#ahead = undefined
    for (let at = 0; at < tensor.byteLength;) {
      const band = await reading
      const next = at + band.length
      if (next < tensor.byteLength) reading = this.#read(tensor, next)
      else if (behind) this.#ahead = { tensor: behind, reading: this.#read(behind, 0) }
      await this.#bytes(file, offset + at, band)
      at = next
    }
  }

  /** Into the buffer that is not being written. */
  #read(tensor: Tensor, at: number): Promise<Uint8Array> {
    this.#turn = 1 - this.#turn
    const band = this.#readInto(this.#turn, tensor, at)
    // A failure of the write meanwhile comes first; that of the read must not go unheard, nor be heard twice.
    band.catch(() => {})
    return band
  }

  async #readInto(turn: number, tensor: Tensor, at: number): Promise<Uint8Array> {
    const length = Math.min(bandBytes, tensor.byteLength - at)
    let buffer = this.#buffers[turn] ?? new Uint8Array(0)
    if (buffer.length < length) this.#buffers[turn] = buffer = new Uint8Array(length)
    if (length === 0) return buffer.subarray(0, 0)
    const { signal } = this.#options
    const bytes = await tensor.read({
      offset: at,
      into: buffer.subarray(0, length),
      ...(signal && { signal }),
    })
    if (bytes.length === length) return bytes
    throw new DamsonError(
      'read',
      `Expected ${length} bytes of tensor ${tensor.key} at ${at}, got ${bytes.length}.`,
    )
  }

  #progress(bytes: number): void {
    this.#options.signal?.throwIfAborted()
    this.#done += bytes
    this.#options.onProgress?.(this.#done, this.#total)
  }
}

/** The tensor of a part, where it has to be read. */
function storedIn(part: PlannedFile['parts'][number] | undefined): Tensor | undefined {
  if (!part || !('tensor' in part)) return undefined
  const { tensor } = part
  return tensor.data || tensor.computed || tensor.byteLength === 0 ? undefined : tensor
}
