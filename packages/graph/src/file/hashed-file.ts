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

  /**
   * Becomes a copy of a whole file: made by the system where it can, and hashed meanwhile, else band by band. `onProgress`
   * hears of bytes. Throws `read` when the file changes meanwhile.
   */
  async copy(source: Source, onProgress: (bytes: number) => void, signal?: AbortSignal): Promise<void> {
    const copying = this.#file.copy?.(source)
    const visiting = eachBand(source, signal, async (offset, band) => {
      if (copying) this.#take(band)
      else await this.write(offset, band)
      onProgress(band.length)
    })
    // Nobody may remove the file while it is still being copied.
    const [visited, copied] = await Promise.allSettled([visiting, copying])
    if (visited.status === 'rejected') throw visited.reason
    if (copied.status === 'rejected') throw copied.reason
    if (copied.value === false)
      await eachBand(source, signal, (offset, band) => this.#file.write(offset, band))
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
    for (let early = this.#next(); early !== undefined; early = this.#next()) await this.#late(early)
  }

  #next(): number | Uint8Array | undefined {
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
    this.#take(bytes)
    await writing
  }

  #take(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#hashed += bytes.length
  }
}

/** Reads the next band while one is being visited. */
async function eachBand(
  source: Source,
  signal: AbortSignal | undefined,
  visit: (offset: number, band: Uint8Array) => Promise<void>,
): Promise<void> {
  const buffers = [0, 1].map(() => new Uint8Array(Math.min(bandBytes, source.size)))
  const read = async (turn: number, at: number): Promise<Uint8Array> => {
    const band = (buffers[turn] ?? new Uint8Array(0)).subarray(0, source.size - at)
    if (band.length > 0) await source.read(at, band, signal)
    return band
  }
  let reading = read(0, 0)
  for (let at = 0, turn = 1; at < source.size; turn = 1 - turn) {
    const band = await reading
    reading = read(turn, at + band.length)
    // A failure of the visit comes first; that of the read must not go unheard, nor be heard twice.
    reading.catch(() => {})
    await visit(at, band)
    at += band.length
  }
}
