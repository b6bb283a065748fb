// A file that knows its SHA-256 when it is written, without a second pass: bytes that come in order are hashed as they
// pass, those that came early are read back when their turn is there, or, where the place cannot read, wait for it.
import { createSha256 } from '#platform'
import { DamsonError } from '../error.ts'
import type { SinkFile } from '../storage.ts'

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
