// Tensors that a computation will make. A save lets it write straight into the file; anybody else who reads one has the
// computation run once, into a spill, which all its tensors share and which goes when they do.
import { createSpill } from '#platform'
import { byteLengthOf, type DataType } from '../dtype.ts'
import { DamsonError } from '../error.ts'
import type { Spill } from '../storage/spill.ts'
import type { Computation, ReadOptions, Tensor, WriteBand } from '../tensor.ts'
import { rangeOf } from './range.ts'

const bandBytes = 2 ** 20

/** Runs a computation at most once, and only while somebody who wants it has not given up. */
class Production {
  readonly #computation: Computation
  /** Where each output starts in the spill; the last entry is the size of all. */
  readonly #starts: readonly number[]
  #running: { readonly spill: Promise<Spill>; readonly signal: AbortSignal | undefined } | undefined
  #spill: Spill | undefined

  constructor(computation: Computation) {
    this.#computation = computation
    const starts = [0]
    for (const { dtype, shape } of computation.outputs)
      starts.push((starts.at(-1) ?? 0) + byteLengthOf(dtype, shape))
    this.#starts = starts
  }

  async read(output: number, offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    const spill = await this.#produced(signal)
    await spill.read((this.#starts[output] ?? 0) + offset, into)
  }

  /** As the computation's own `run`, but from the spill when there is one. */
  async run(write: WriteBand, options: { readonly signal?: AbortSignal }): Promise<void> {
    const spill = this.#spill
    if (!spill) return this.#computation.run(write, options)
    const buffer = new Uint8Array(bandBytes)
    for (let output = 0; output + 1 < this.#starts.length; output++) {
      const [start = 0, end = 0] = this.#starts.slice(output, output + 2)
      for (let at = start; at < end; at += bandBytes) {
        options.signal?.throwIfAborted()
        const band = buffer.subarray(0, Math.min(bandBytes, end - at))
        await spill.read(at, band)
        await write(output, at - start, band)
      }
    }
  }

  async #produced(signal: AbortSignal | undefined): Promise<Spill> {
    for (;;) {
      const running = (this.#running ??= { spill: this.#produce(signal), signal })
      try {
        return await running.spill
      } catch (error) {
        if (this.#running === running) this.#running = undefined
        // Another reader's abort is no reason to fail this one.
        if (!running.signal?.aborted || signal?.aborted) throw error
      }
    }
  }

  async #produce(signal: AbortSignal | undefined): Promise<Spill> {
    const spill = await createSpill(this.#starts.at(-1) ?? 0)
    try {
      const write: WriteBand = (output, offset, bytes) => {
        const [start = 0, end = 0] = this.#starts.slice(output, output + 2)
        if (offset < 0 || start + offset + bytes.length > end)
          throw new DamsonError(
            'computation',
            `Expected computation ${this.#computation.key} to stay inside output ${output}, got ${bytes.length} bytes at ${offset}.`,
          )
        return spill.write(start + offset, bytes)
      }
      await this.#computation.run(write, signal ? { signal } : {})
      this.#spill = spill
      return spill
    } catch (error) {
      await spill.close()
      throw error
    }
  }
}

class ComputedTensor implements Tensor {
  readonly dtype: DataType
  readonly shape: readonly number[]
  readonly byteLength: number
  readonly key: string
  readonly computed: { readonly computation: Computation; readonly output: number }
  readonly #production: Production

  constructor(
    production: Production,
    computation: Computation,
    output: number,
    dtype: DataType,
    shape: readonly number[],
  ) {
    this.dtype = dtype
    this.shape = shape
    this.byteLength = byteLengthOf(dtype, shape)
    this.key = `${computation.key}#${output}`
    this.computed = { computation, output }
    this.#production = production
  }

  async read(options: ReadOptions = {}): Promise<Uint8Array> {
    const { offset, length } = rangeOf(this.byteLength, options)
    const into = options.into ?? new Uint8Array(length)
    await this.#production.read(this.computed.output, offset, into, options.signal)
    return into
  }
}

/**
 * The tensors of a computation, one for each output. Nothing is computed until a save writes them or somebody reads one.
 * Throws `tensor-size` for an output without raw form (strings).
 * @experimental
 */
export function computeTensors(computation: Computation): readonly Tensor[] {
  const production = new Production(computation)
  const shared: Computation = { ...computation, run: (write, options) => production.run(write, options) }
  return computation.outputs.map(({ dtype, shape }, output) => {
    if (dtype !== 'string') return new ComputedTensor(production, shared, output, dtype, shape)
    throw new DamsonError(
      'tensor-size',
      `Expected numeric outputs of computation ${computation.key}, got strings.`,
    )
  })
}
