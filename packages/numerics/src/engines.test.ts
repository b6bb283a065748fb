// The two engines agree bit for bit, on numbers of every kind: random words are NaN, infinite and subnormal often enough.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createTypedArrayEngine } from './typed-array-engine.ts'
import { createWasmEngine } from './wasm-engine.ts'
import { blockSizes, type BlockSpec } from './block-spec.ts'
import { planSearch, type BlockSearch } from './block-search.ts'
import type { Engine } from './engine.ts'

const wasm = createWasmEngine()
const twin = createTypedArrayEngine()

/** Words of float32: weights, ties, zeros of both signs, extremes, and anything at all. */
const word = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -0.1, max: 0.1, noNaN: true }) },
  { weight: 2, arbitrary: fc.integer({ min: -16, max: 16 }).map(v => v / 2) },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 1e-45, -1e-45, 1e-39, 3.4e38, -3.4e38, 1e38) },
  { weight: 1, arbitrary: fc.float() },
)
/** One kind of row, so that whole blocks are zero, subnormal or huge too. */
const kind = fc.constantFrom(1, 0, -0, 1e-38, 1e-44, 1e38, -1)

const blockSpec = fc.record({
  K: fc.integer({ min: 1, max: 150 }),
  N: fc.integer({ min: 1, max: 90 }),
  layout: fc.constantFrom('KN' as const, 'NK' as const),
  bits: fc.constantFrom(2 as const, 4 as const, 8 as const),
  blockSize: fc.constantFrom(16, 32, 64, 128, 256),
  symmetric: fc.boolean(),
  rule: fc.constantFrom('MatMulNBits' as const, 'GatherBlockQuantized' as const),
  dtype: fc.constantFrom('float32' as const, 'float16' as const),
  search: fc.constantFrom<BlockSearch>(
    'minmax',
    'mse',
    'kquant',
    { zeroPoint: 'integer', p: 0.5 },
    { zeroPoint: 'float', iterations: 7 },
  ),
})

function valuesOf(
  words: readonly number[],
  kinds: readonly number[],
  count: number,
  run: number,
): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    { length: count },
    (_, i) =>
      (words[(i * 7 + (i >> 5)) % words.length] ?? 0) * (kinds[Math.floor(i / run) % kinds.length] ?? 1),
  )
}

/** Runs one call at the same place in an engine's memory; returns the bytes it wrote and what it returned. */
function runBlocks(engine: Engine, values: Float32Array, spec: BlockSpec): readonly [number, Uint8Array] {
  const sizes = blockSizes(spec)
  const start = Math.ceil(engine.base / 64) * 64
  const source = start
  const packed = source + Math.ceil(values.byteLength / 64) * 64 + 64
  const scales = packed + Math.ceil((spec.N * sizes.rowBytes) / 64) * 64 + 64
  const zeroPoints = scales + Math.ceil((spec.N * sizes.kBlocks * 4) / 64) * 64 + 64
  const search = planSearch(spec)
  const table = zeroPoints + Math.ceil((spec.N * sizes.zeroRowBytes) / 64) * 64 + 64
  const end = table + search.table.byteLength + 64
  engine.reserve(end)
  const memory = engine.memory()
  new Uint8Array(memory, start, end - start).fill(0)
  new Float32Array(memory, source, values.length).set(values)
  new Float32Array(memory, table, search.table.length).set(search.table)
  const call = {
    ...spec,
    ...sizes,
    source,
    packed,
    scales,
    zeroPoints: spec.symmetric ? 0 : zeroPoints,
    firstBlock: 0,
    divide: spec.rule === 'GatherBlockQuantized',
    halfScales: spec.dtype === 'float16',
    search: { ...search, table, tableLength: search.table.length },
  }
  const unsound =
    spec.layout === 'KN'
      ? engine.blocksOfColumns({ ...call, rows: spec.K })
      : engine.blocksOfRows({ ...call, rows: spec.N })
  return [unsound, new Uint8Array(memory, packed, end - packed).slice()]
}

describe('both engines', () => {
  test('code blocks alike', () => {
    fc.assert(
      fc.property(
        blockSpec,
        fc.array(word, { minLength: 40, maxLength: 200 }),
        fc.array(kind, { minLength: 1, maxLength: 6 }),
        (drawn, words, kinds) => {
          const gather = drawn.rule === 'GatherBlockQuantized'
          const integer: BlockSearch =
            typeof drawn.search === 'object' ? { ...drawn.search, zeroPoint: 'integer' } : drawn.search
          const spec: BlockSpec = gather
            ? { ...drawn, layout: 'NK', K: Math.ceil(drawn.K / 4) * 4, search: integer }
            : drawn
          const run = spec.layout === 'NK' ? spec.K : 1
          const values = valuesOf(words, kinds, spec.K * spec.N, run)
          const [unsound, bytes] = runBlocks(wasm, values, spec)
          const [expectedUnsound, expected] = runBlocks(twin, values, spec)
          expect(unsound).toBe(expectedUnsound)
          expect(Buffer.compare(bytes, expected)).toBe(0)
        },
      ),
      { numRuns: 400 },
    )
  })

  test('find ranges and code linearly alike', () => {
    const shape = fc.record({
      rows: fc.integer({ min: 1, max: 40 }),
      columns: fc.integer({ min: 1, max: 70 }),
      per: fc.constantFrom('row' as const, 'column' as const),
    })
    fc.assert(
      fc.property(shape, fc.array(word, { minLength: 30, maxLength: 99 }), (call, words) => {
        const channels = call.per === 'row' ? call.rows : call.columns
        const values = valuesOf(words, [1, 0.5], call.rows * call.columns, call.columns)
        const [a, b] = [wasm, twin].map(engine => {
          const source = Math.ceil(engine.base / 64) * 64
          const minima = source + Math.ceil(values.byteLength / 64) * 64 + 64
          const [maxima, scales, zeroPoints, codes] = [1, 2, 3, 4].map(i => minima + i * 512)
          engine.reserve(minima + 8192)
          const memory = engine.memory()
          const at = (address = 0): Float32Array => new Float32Array(memory, address, channels)
          new Float32Array(memory, source, values.length).set(values)
          at(minima).fill(Infinity)
          at(maxima).fill(-Infinity)
          const nonFinite = engine.range({ ...call, source, minima, maxima: maxima ?? 0 })
          at(scales).forEach((_, i, all) => (all[i] = 0.003 * (i + 1)))
          new Int32Array(memory, zeroPoints, channels).forEach((_, i, all) => (all[i] = (i % 21) - 10))
          engine.linear({
            ...call,
            source,
            codes: codes ?? 0,
            scales: scales ?? 0,
            zeroPoints: zeroPoints ?? 0,
            low: -128,
            high: 127,
          })
          const coded = [...new Uint8Array(memory, codes, values.length)]
          // + 0: which of 0 and -0 is the minimum is left open.
          return {
            nonFinite,
            low: [...at(minima)].map(v => v + 0),
            high: [...at(maxima)].map(v => v + 0),
            coded,
          }
        })
        expect(a).toEqual(b)
      }),
    )
  })

  test('widen all 65,536 halves alike', () => {
    const codes = Uint16Array.from({ length: 65536 }, (_, i) => i)
    for (const dtype of ['float16', 'bfloat16'] as const) {
      const [a, b] = [wasm, twin].map(engine => {
        const source = Math.ceil(engine.base / 64) * 64
        const target = source + codes.byteLength
        engine.reserve(target + 65536 * 4 + 64)
        new Uint16Array(engine.memory(), source, codes.length).set(codes)
        engine.widen(source, codes.length, target, dtype)
        return new Float32Array(engine.memory(), target, codes.length).slice()
      })
      // Object.is tells -0 from 0 and takes all NaN for equal.
      expect([...codes].filter(i => !Object.is(a?.[i], b?.[i]))).toEqual([])
      expect(a).toHaveLength(65536)
    }
  })

  const types = ['float16', 'bfloat16', 'float8e4m3fn', 'float8e5m2'] as const

  test.each(types)('narrow to %s alike', type => {
    // Every exponent of float32, with mantissas around all ties of the narrow types; then NaN of any payload.
    const ends = [
      0, 1, 0xfff, 0x1000, 0x1001, 0x7fff, 0x8000, 0x8001, 0xfffff, 0x100000, 0x17ffff, 0x180000, 0x7fffff,
    ]
    const words = Array.from({ length: 512 }, (_, sign) => ends.map(end => (sign << 23) + end)).flat()
    const [fractions, odd] = [Array.from({ length: 4096 }, (_, i) => (i * 0x6789abcd) | 0), [1, 2, 3]]
    const values = new Float32Array(Int32Array.from([...words, ...fractions, ...odd]).buffer)
    for (const limit of [Infinity, 448, 32752]) {
      const [a, b] = [wasm, twin].map(engine => {
        const source = Math.ceil(engine.base / 64) * 64
        const target = source + Math.ceil(values.byteLength / 64) * 64 + 64
        engine.reserve(target + values.byteLength + 64)
        new Float32Array(engine.memory(), source, values.length).set(values)
        engine.narrow({ source, count: values.length, target, type, limit })
        return new Uint8Array(
          engine.memory(),
          target,
          values.length * (type.startsWith('float8') ? 1 : 2),
        ).slice()
      })
      expect(Buffer.compare(a ?? new Uint8Array(0), b ?? new Uint8Array(1))).toBe(0)
    }
  })
})
