// The WASM SIMD engine: compiled from assembly/, a few kB, instantiated with a memory of its own and no imports.
import { searchKinds } from './block-search.ts'
import type { BlockCall, Engine, LinearCall, NarrowCall, RangeCall } from './engine.ts'
import { NumericsError } from './error.ts'
import { narrowFloats } from './narrow-float-format.ts'
import { wasmBytes } from './wasm-bytes.generated.ts'

type Fn = (...args: readonly number[]) => number

const pageBytes = 65536

/** Exports of the module with their arguments, in order; the last one's result is the call's. */
export type WasmCall = readonly ['useSearch' | 'blocksOfRows' | 'blocksOfColumns', ...number[]]

export function compileEngine(): WebAssembly.Module {
  return new WebAssembly.Module(decodeBase64(wasmBytes))
}

// prettier-ignore
export function wasmBlockCalls(c: BlockCall, layout: 'KN' | 'NK'): readonly WasmCall[] {
  const search = ['useSearch', searchKinds.indexOf(c.search.kind), c.search.table, c.search.steps] as const
  if (layout === 'NK') {
    return [search, ['blocksOfRows', c.source, c.rows, c.K, c.kBlocks, c.blockSize, c.bits, c.rowBytes, c.zeroRowBytes,
      c.packed, c.scales, c.zeroPoints, Number(c.divide), Number(c.halfScales)]]
  }
  return [search, ['blocksOfColumns', c.source, c.rows, c.N, c.kBlocks, c.firstBlock, c.blockSize, c.bits, c.rowBytes,
    c.zeroRowBytes, c.packed, c.scales, c.zeroPoints, Number(c.halfScales)]]
}

/** Instantiates the engine. Throws what WebAssembly throws where compiling is forbidden or SIMD is missing. */
export function createWasmEngine(): Engine {
  const { exports } = new WebAssembly.Instance(compileEngine())
  const { memory } = exports
  if (!(memory instanceof WebAssembly.Memory)) {
    throw new NumericsError('numerics/wasm', 'expected the module to export its memory')
  }
  const fn = (name: string): Fn => {
    const value = exports[name]
    if (typeof value === 'function') return (...args) => Number(value(...args))
    throw new NumericsError('numerics/wasm', `expected the module to export ${name}`)
  }
  return { ...memoryOf(memory, fn('base')()), ...operationsOf(fn) }
}

function memoryOf(
  memory: WebAssembly.Memory,
  base: number,
): Pick<Engine, 'kind' | 'base' | 'memory' | 'reserve'> {
  return {
    kind: 'wasm',
    base,
    memory: () => memory.buffer,
    reserve: bytes => {
      const missing = bytes - memory.buffer.byteLength
      if (missing > 0) memory.grow(Math.ceil(missing / pageBytes))
    },
  }
}

function operationsOf(fn: (name: string) => Fn): Omit<Engine, 'kind' | 'base' | 'memory' | 'reserve'> {
  const blocks = {
    useSearch: fn('useSearch'),
    blocksOfRows: fn('blocksOfRows'),
    blocksOfColumns: fn('blocksOfColumns'),
  }
  const run = (call: BlockCall, layout: 'KN' | 'NK'): number =>
    wasmBlockCalls(call, layout).reduce((_, [name, ...args]) => blocks[name](...args), 0)
  const [rangeRows, rangeColumns] = [fn('rangeRows'), fn('rangeColumns')]
  const [linearRows, linearColumns] = [fn('linearRows'), fn('linearColumns')]
  const [widenFloat16, widenBfloat16] = [fn('widenFloat16'), fn('widenBfloat16')]
  return {
    blocksOfRows: call => run(call, 'NK'),
    blocksOfColumns: call => run(call, 'KN'),
    range: ({ source, rows, columns, minima, maxima, per }: RangeCall) => {
      const run = per === 'column' ? rangeColumns : rangeRows
      return run(source, rows, columns, minima, maxima)
    },
    linear: ({ source, rows, columns, codes, scales, zeroPoints, per, low, high }: LinearCall) => {
      const run = per === 'column' ? linearColumns : linearRows
      run(source, rows, columns, scales, zeroPoints, low, high, codes)
    },
    widen: (source, count, target, dtype) => {
      const widen = dtype === 'float16' ? widenFloat16 : widenBfloat16
      widen(source, count, target)
    },
    narrow: narrowingOf(fn),
  }
}

function narrowingOf(fn: (name: string) => Fn): Engine['narrow'] {
  const [floats, bfloat16] = [fn('narrowFloats'), fn('narrowBfloat16')]
  return ({ source, count, target, type, limit }: NarrowCall) => {
    if (type === 'bfloat16') return void bfloat16(source, count, limit, target)
    const { bits, mantissa, bias, greatest, infinity, nan } = narrowFloats[type]
    // As encodeFloats: 8-bit floats saturate.
    const beyond = bits === 16 ? (infinity ?? nan) : greatest
    floats(source, count, mantissa, bias, greatest, beyond, nan, limit, bits / 8, target)
  }
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), character => character.charCodeAt(0))
}
