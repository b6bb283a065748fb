// The door to the element-wise work: one kernel is one memory and one thread, and codes one weight at a time.
import { createArena } from './arena.ts'
import type { BandOptions } from './block-plan.ts'
import { openBlockStream, type BlockStream } from './block-stream.ts'
import type { BlockSpec } from './block-spec.ts'
import type { Engine } from './engine.ts'
import {
  openLinearStream,
  openRangeStream,
  type LinearScales,
  type LinearSpec,
  type LinearStream,
  type RangeStream,
} from './linear-stream.ts'
import { openNarrowStream, type NarrowSpec, type NarrowStream } from './narrow-stream.ts'
import { createTypedArrayEngine } from './typed-array-engine.ts'
import { createWasmEngine } from './wasm-engine.ts'

export interface KernelOptions {
  /** `auto` (default): WASM SIMD where it compiles, else the plain twin. `off`: the twin. Results are the same bits. */
  readonly wasm?: 'auto' | 'off'
  /** Called once if `auto` had to take the twin, with the reason; over ten times slower (tooling/bench/numerics.ts). */
  readonly onFallback?: (reason: string) => void
}

export interface Kernel {
  readonly engine: 'wasm' | 'typed-array'
  /** Bytes of memory held now; it grows to the largest stream opened and is freed with the kernel. */
  memoryBytes(): number
  /** Opens the coding of one matrix in blocks. As with all streams, the kernel's previous one ends. */
  blocks(spec: BlockSpec, options?: BandOptions): BlockStream
  /** Opens the search for the range of each channel of a tensor. */
  range(spec: LinearSpec, options?: BandOptions): RangeStream
  /** Opens the 8-bit coding of a tensor. */
  linear(spec: LinearSpec, scales: LinearScales, options?: BandOptions): LinearStream
  /** Opens the narrowing of a float32 tensor. */
  narrow(spec: NarrowSpec, options?: BandOptions): NarrowStream
}

/** A kernel of its own memory. */
export function createKernel(options: KernelOptions = {}): Kernel {
  const engine = chooseEngine(options)
  const arena = createArena(engine)
  return {
    engine: engine.kind,
    memoryBytes: () => engine.memory().byteLength,
    blocks: (spec, band) => openBlockStream(arena, spec, band),
    range: (spec, band) => openRangeStream(arena, spec, band),
    linear: (spec, scales, band) => openLinearStream(arena, spec, scales, band),
    narrow: (spec, band) => openNarrowStream(arena, spec, band),
  }
}

function chooseEngine({ wasm = 'auto', onFallback }: KernelOptions): Engine {
  if (wasm === 'off') return createTypedArrayEngine()
  try {
    return createWasmEngine()
  } catch (error) {
    onFallback?.(`WASM SIMD is not available here, plain JavaScript does the work: ${String(error)}`)
    return createTypedArrayEngine()
  }
}
