// A file that knows its SHA-256 when it is written, without a second pass: bytes that come in order are hashed as they
// pass, those that came early are read back when their turn is there, or, where the place cannot read, wait for it.
import { createSha256 } from '#platform'
import { DamsonError } from '../error.ts'
import type { SinkFile, Source } from '../storage.ts'

const bandBytes = 4 * 2 ** 20

export class HashedFile {
  readonly #file: SinkFile
  readonly #size: number
  readonly #hash = createSha256()
  /** Early bands by offset: their length, or a copy of them where the file cannot be read. */
  readonly #early = new Map<number, number | Uint8Array>()
  #hashed = 0
  #turn: Promise<void> = Promise.resolve()

  constructor(file: SinkFile, size: number) {
    this.#file = file
    this.#size = size
  }

  /** Writes a band; `bytes` may be used again when it is done. Bands may overlap in time, not in place. */
  write(offset: number, bytes: Uint8Array): Promise<void> {
    const done = this.#turn.then(() => this.#write(offset, bytes))
    this.#turn = done.catch(() => {})
    return done
  }

  /** Whether it can become a copy of a file of this machine. */
  get copies(): boolean {
    return this.#file.copy !== undefined
  }

  /** Becomes a copy of a whole file, which is hashed meanwhile; `onProgress` hears of bytes. */
  async copy(source: Source, onProgress: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
    const copying = this.#file.copy?.(source.path ?? '')
    const hashing = this.#hashWhole(source, onProgress, signal)
    // Nobody may remove the file while it is still being copied.
    const [copied, hashed] = await Promise.allSettled([copying, hashing])
    if (copied.status === 'rejected') throw copied.reason
    if (hashed.status === 'rejected') throw hashed.reason
  }

  async #hashWhole(source: Source, onProgress: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
    const buffers = [new Uint8Array(bandBytes), new Uint8Array(bandBytes)]
    const read = async (at: number): Promise<Uint8Array> => {
      const into = (buffers[(at / bandBytes) % 2] ?? new Uint8Array(bandBytes)).subarray(0, source.size - at)
      await source.read(at, into, signal)
      return into
    }
    let reading = read(0)
    for (let at = 0; at < source.size; at += bandBytes) {
      const band = await reading
      if (at + bandBytes < source.size) reading = read(at + bandBytes)
      reading.catch(() => {})
      this.#hash.update(band)
      this.#hashed += band.length
      onProgress(band.length)
    }
  }

  /** Ends the file and gives the SHA-256 in hexadecimal digits. Throws `computation` when a place was not written, or twice. */
  async finish(): Promise<string> {
    await this.#turn
    if (this.#hashed !== this.#size)
      throw new DamsonError(
        'computation',
        `${this.#file.path}: expected every byte to be written once, but at ${this.#hashed} of ${this.#size} one is missing.`,
      )
    await this.#file.close()
    return this.#hash.digest()
  }

  async #write(offset: number, bytes: Uint8Array): Promise<void> {
    if (offset !== this.#hashed) {
      if (this.#file.read) await this.#file.write(offset, bytes)
      this.#early.set(offset, this.#file.read ? bytes.length : bytes.slice())
      return
    }
    await this.#pass(offset, bytes, true)
    for (let early = this.#take(); early !== undefined; early = this.#take()) await this.#late(early)
  }

  #take(): number | Uint8Array | undefined {
    const early = this.#early.get(this.#hashed)
    this.#early.delete(this.#hashed)
    return early
  }

  async #late(early: number | Uint8Array): Promise<void> {
    if (typeof early !== 'number') return this.#pass(this.#hashed, early, true)
    const bytes = new Uint8Array(early)
    await this.#file.read?.(this.#hashed, bytes)
    await this.#pass(this.#hashed, bytes, false)
  }

  /** Hashes while the bytes are on their way to the disk. */
  async #pass(offset: number, bytes: Uint8Array, write: boolean): Promise<void> {
    const writing = write ? this.#file.write(offset, bytes) : undefined
    this.#hash.update(bytes)
    this.#hashed += bytes.length
    await writing
  }
}
