// A stream takes bytes in order and only once: what fits that is one file.
import { DamsonError } from '../error.ts'
import type { Sink, SinkFile } from '../storage.ts'

/**
 * One file written into a stream, in order of offset: bands that come early wait in memory. What went into a stream
 * cannot be taken back, so an abort is passed on to it. Throws `unsupported` for a second file: save with
 * `external: 'never'`, or to a folder.
 */
export function streamSink(stream: WritableStream<Uint8Array>, name = '<stream>'): Sink {
  const writer = stream.getWriter()
  let file: StreamFile | undefined
  return {
    name,
    async create(path) {
      if (!file) return (file = new StreamFile(path, writer))
      throw new DamsonError(
        'unsupported',
        `Expected one file for a stream, got ${path} after ${file.path}. Save without external data, or to a folder.`,
      )
    },
    async commit() {
      await writer.close()
    },
    async abort() {
      await writer.abort(new DamsonError('aborted', 'The save did not finish.')).catch(() => {})
    },
  }
}

class StreamFile implements SinkFile {
  readonly path: string
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>
  readonly #early = new Map<number, Uint8Array>()
  #at = 0

  constructor(path: string, writer: WritableStreamDefaultWriter<Uint8Array>) {
    this.path = path
    this.#writer = writer
  }

  async reserve(): Promise<void> {}

  async write(offset: number, bytes: Uint8Array): Promise<void> {
    // A copy, since the stream may hold on to its chunks.
    this.#early.set(offset, bytes.slice())
    for (let next = this.#early.get(this.#at); next; next = this.#early.get(this.#at)) {
      this.#early.delete(this.#at)
      this.#at += next.length
      await this.#writer.ready
      await this.#writer.write(next)
    }
  }

  async close(): Promise<void> {
    if (this.#early.size === 0) return
    throw new DamsonError(
      'incomplete',
      `${this.path}: expected every byte to be written, but at ${this.#at} one is missing.`,
    )
  }
}
