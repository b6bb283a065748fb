import { afterEach, expect, test, vi } from 'vitest'
import { generate } from '../assembly/build.mjs'
import { readFileSync } from 'node:fs'
import { createKernel } from './kernel.ts'
import { quantizeBlocks } from './quantize-blocks.ts'

afterEach(() => vi.unstubAllGlobals())

test('the committed bytes are what assembly/ compiles to', async () => {
  const committed = readFileSync(new URL('wasm-bytes.generated.ts', import.meta.url), 'utf8')
  expect(committed).toBe(await generate())
}, 60_000)

test('where WASM may not be compiled the twin does the work, once a reason was given', () => {
  const weight = Float32Array.from({ length: 64 }, (_, i) => i - 20)
  const spec = { K: 64, N: 1, layout: 'KN', bits: 4, blockSize: 32, symmetric: true } as const
  const expected = quantizeBlocks(weight, spec)
  vi.stubGlobal('WebAssembly', {
    ...WebAssembly,
    Module: function Module() {
      throw new EvalError(
        "Refused to compile or instantiate WebAssembly module because 'unsafe-eval' is not allowed",
      )
    },
  })
  const reasons: string[] = []
  const kernel = createKernel({ onFallback: reason => reasons.push(reason) })
  expect(kernel.engine).toBe('typed-array')
  expect(reasons).toEqual([expect.stringContaining('unsafe-eval')])
  expect(quantizeBlocks(weight, spec, kernel)).toEqual(expected)
})

test('a kernel that was told to do without WASM says nothing', () => {
  const onFallback = vi.fn<(reason: string) => void>()
  expect(createKernel({ wasm: 'off', onFallback }).engine).toBe('typed-array')
  expect(createKernel({ onFallback }).engine).toBe('wasm')
  expect(onFallback).not.toHaveBeenCalled()
})

test.each(['auto', 'off'] as const)(
  'memory that is not there is an error that says what to do (wasm: %s)',
  wasm => {
    const spec = { K: 1 << 22, N: 1 << 22, layout: 'KN', bits: 8, blockSize: 32, symmetric: true } as const
    expect(() => createKernel({ wasm }).blocks(spec)).toThrow('take smaller bands, or slices of the columns')
  },
)
