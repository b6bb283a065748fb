// Computed tensors of one save: each computation runs once, whoever of its outputs comes first, and its bands go to
// every place that has one of its outputs.
import { byteLengthOf } from '../dtype.ts'
import { DamsonError } from '../error.ts'
import type { Computation } from '../tensor.ts'
import type { HashedFile } from './hashed-file.ts'
import type { PlannedFile } from './plan.ts'

interface Place {
  readonly output: number
  readonly file: HashedFile
  readonly offset: number
}

export class ComputedParts {
  readonly #places = new Map<string, Place[]>()
  readonly #finished = new Set<string>()
  readonly #progress: (bytes: number) => void
  readonly #signal: AbortSignal | undefined

  constructor(
    files: readonly { readonly planned: PlannedFile; readonly file: HashedFile }[],
    progress: (bytes: number) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#progress = progress
    this.#signal = signal
    for (const { planned, file } of files)
      for (const part of planned.parts) {
        if (!('tensor' in part) || !part.tensor.computed) continue
        const { computation, output } = part.tensor.computed
        const place = { output, file, offset: part.offset }
        const places = this.#places.get(computation.key)
        if (places) places.push(place)
        else this.#places.set(computation.key, [place])
      }
  }

  /** Runs a computation unless one with its key has run. Throws `computation` when it does not fill its outputs. */
  async run(computation: Computation): Promise<void> {
    if (this.#finished.has(computation.key)) return
    this.#finished.add(computation.key)
    const places = this.#places.get(computation.key) ?? []
    const sizes = computation.outputs.map(({ dtype, shape }) => byteLengthOf(dtype, shape))
    const filled = sizes.map(() => 0)
    await computation.run(
      async (output, offset, bytes) => {
        const size = sizes[output] ?? -1
        if (offset < 0 || offset + bytes.length > size)
          throw misfit(computation, output, `${bytes.length} bytes at ${offset}`, size)
        filled[output] = (filled[output] ?? 0) + bytes.length
        for (const place of places)
          if (place.output === output) {
            await place.file.write(place.offset + offset, bytes)
            this.#progress(bytes.length)
          }
      },
      this.#signal ? { signal: this.#signal } : {},
    )
    sizes.forEach((size, output) => {
      const count = filled[output] ?? 0
      if (count !== size) throw misfit(computation, output, `${count} bytes in all`, size)
    })
  }
}

function misfit(computation: Computation, output: number, came: string, size: number): DamsonError {
  return new DamsonError(
    'computation',
    `Expected computation ${computation.key} to fill the ${size} bytes of its output ${output}, each once, got ${came}.`,
    { details: { key: computation.key, output } },
  )
}
