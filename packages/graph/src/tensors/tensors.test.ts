import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dataTypes, type DataType } from '../dtype.ts'
import { bytesSource } from '../storage/bytes-source.ts'
import type { Computation } from '../tensor.ts'
import { computeTensors } from './computed-tensor.ts'
import { digest } from './digest.ts'
import { elements, encodeElements, numbers } from './elements.ts'
import { memoryTensor, scalarTensor, stringTensor, tensorOf } from './memory-tensor.ts'
import { decodeFloat, encodeFloat } from './narrow-floats.ts'
import { sourceTensor } from './source-tensor.ts'
import { residentArray, toTypedArray } from './typed-array.ts'

describe('digest', () => {
  test.each([
    // From the reference implementation (mmh3 5, x86, seed 0), as four words.
    [[], '00000000000000000000000000000000'],
    [[...new TextEncoder().encode('hello')], '2b2444a0db91def79adb31b69adb31b6'],
    [Array.from({ length: 64 }, (_, at) => at), 'cc32c3983052e6520858cfaa82d82209'],
  ])('%j', (bytes, expected) => {
    expect(digest(Uint8Array.from(bytes))).toBe(expected)
  })

  test('differs when one bit does, when bytes move, when zeros are added', () => {
    const seen = new Set<string>()
    const base = Uint8Array.from({ length: 50 }, (_, at) => at)
    seen.add(digest(base))
    for (let bit = 0; bit < 400; bit++) {
      const other = base.slice()
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      seen.add(digest(other))
    }
    for (let length = 0; length < 40; length++) seen.add(digest(new Uint8Array(length)))
    expect(seen.size).toBe(1 + 400 + 40)
  })

  test('does not depend on where the bytes lie', () => {
    const bytes = Uint8Array.from({ length: 33 }, (_, at) => at * 7)
    const shifted = new Uint8Array(40)
    shifted.set(bytes, 3)
    expect(digest(shifted.subarray(3, 36))).toBe(digest(bytes))
  })
})

describe('memory tensors', () => {
  test('keys tell content, type and shape apart', () => {
    const data = new Uint8Array(8)
    const keys = [
      memoryTensor('float32', [2], data),
      memoryTensor('int32', [2], data),
      memoryTensor('float32', [2, 1], data),
      memoryTensor(
        'float32',
        [2],
        data.map(() => 1),
      ),
    ].map(tensor => tensor.key)
    expect(new Set(keys).size).toBe(4)
    expect(memoryTensor('float32', [2], new Float32Array(2)).key).toBe(keys[0])
  })

  test('a read is a copy', async () => {
    const tensor = tensorOf('int32', [2], [1, 2])
    const bytes = await tensor.read({ offset: 4 })
    bytes.fill(0)
    expect(elements(tensor)).toEqual([1, 2])
  })

  test('reads outside are refused', async () => {
    const tensor = scalarTensor('float32', 1)
    await expect(tensor.read({ offset: 2, length: 3 })).rejects.toMatchObject({ code: 'range' })
    await expect(tensor.read({ offset: -1 })).rejects.toMatchObject({ code: 'range' })
    await expect(tensor.read({ into: new Uint8Array(5) })).rejects.toMatchObject({ code: 'range' })
  })

  test('bytes must fit the shape', () => {
    expect(() => memoryTensor('int4', [3], new Uint8Array(1))).toThrow(
      /Expected 2 bytes for int4\[3\], got 1/,
    )
    expect(() => stringTensor([2], ['a'])).toThrow(/Expected 2 strings/)
  })
})

test('elements survive encoding, in every integer type', () => {
  const types = [
    ['int2', -2, 1],
    ['uint2', 0, 3],
    ['int4', -8, 7],
    ['uint4', 0, 15],
    ['int8', -128, 127],
    ['uint16', 0, 65535],
    ['int32', -(2 ** 31), 2 ** 31 - 1],
    ['uint32', 0, 2 ** 32 - 1],
  ] as const
  for (const [dtype, min, max] of types)
    fc.assert(
      fc.property(fc.array(fc.integer({ min, max }), { maxLength: 9 }), values => {
        expect(elements(tensorOf(dtype, [values.length], values))).toEqual(values)
      }),
      { seed: 1, numRuns: 100 },
    )
  expect(elements(tensorOf('int64', [2], [-1n, 2n ** 62n]))).toEqual([-1n, 2n ** 62n])
  expect(numbers(tensorOf('uint64', [1], [5]))).toEqual([5])
})

describe('narrow floats', () => {
  const types = [
    'float16',
    'bfloat16',
    'float8e4m3fn',
    'float8e4m3fnuz',
    'float8e5m2',
    'float8e5m2fnuz',
    'float4e2m1',
  ] as const

  const bitsOf = (dtype: DataType): number => dataTypes[dtype].bits

  test.each(types)('%s: every code is the code of its value', dtype => {
    const codes = Array.from({ length: 2 ** bitsOf(dtype) }, (_, code) => code)
    const isNumber = (code: number): boolean => !Number.isNaN(decodeFloat(dtype, code))
    expect(
      codes.filter(code => isNumber(code) && encodeFloat(dtype, decodeFloat(dtype, code)) !== code),
    ).toEqual([])
    if (!codes.every(isNumber)) expect(decodeFloat(dtype, encodeFloat(dtype, NaN))).toBeNaN()
  })

  test.each(types)('%s: the nearest value, ties to even', dtype => {
    const codes = Array.from({ length: 2 ** (bitsOf(dtype) - 1) - 1 }, (_, code) => code)
    const wrong = codes.filter(code => {
      const [low, high] = [decodeFloat(dtype, code), decodeFloat(dtype, code + 1)]
      if (!Number.isFinite(low) || !Number.isFinite(high)) return false
      return (
        encodeFloat(dtype, (low + high) / 2) !== code + (code % 2) ||
        encodeFloat(dtype, low * 0.51 + high * 0.49) !== code ||
        encodeFloat(dtype, low * 0.49 + high * 0.51) !== code + 1
      )
    })
    expect(wrong).toEqual([])
  })

  test('beyond the range', () => {
    expect(decodeFloat('float16', encodeFloat('float16', 1e6))).toBe(Infinity)
    expect(decodeFloat('float8e4m3fn', encodeFloat('float8e4m3fn', -1e6))).toBe(-448)
    expect(decodeFloat('float8e4m3fnuz', encodeFloat('float8e4m3fnuz', Infinity))).toBe(240)
    expect(decodeFloat('float4e2m1', encodeFloat('float4e2m1', 100))).toBe(6)
    expect(decodeFloat('float8e8m0', encodeFloat('float8e8m0', 8))).toBe(8)
    expect(encodeElements('float16', [0.1])).toEqual(Uint8Array.from([0x66, 0x2e]))
  })
})

test('typed arrays', async () => {
  expect(await toTypedArray(tensorOf('float16', [1], [1]))).toEqual(Uint16Array.from([0x3c00]))
  expect(await toTypedArray(tensorOf('int64', [1], [-3n]))).toEqual(BigInt64Array.from([-3n]))
  expect(residentArray(tensorOf('int4', [3], [1, -1, 2]))).toEqual(Uint8Array.from([0xf1, 0x02]))
  const source = bytesSource(new Uint8Array(9))
  expect(residentArray(sourceTensor('float32', [2], source, 1))).toBeUndefined()
  expect(await toTypedArray(sourceTensor('float32', [2], source, 1))).toEqual(new Float32Array(2))
  expect(() => sourceTensor('float32', [2], source, 2)).toThrow(/Expected 8 bytes at 2/)
})

describe('computed tensors that are read', () => {
  function counting(fail = false): { computation: Computation; runs: (AbortSignal | undefined)[] } {
    const runs: (AbortSignal | undefined)[] = []
    const computation: Computation = {
      key: 'k',
      cost: 1,
      outputs: [
        { dtype: 'uint8', shape: [4] },
        { dtype: 'int32', shape: [2] },
      ],
      async run(write, { signal }) {
        runs.push(signal)
        await new Promise(done => setTimeout(done, 5))
        signal?.throwIfAborted()
        if (fail) throw new Error('broken')
        await write(1, 4, Uint8Array.from([2, 0, 0, 0]))
        await write(1, 0, Uint8Array.from([1, 0, 0, 0]))
        await write(0, 0, Uint8Array.from([5, 6, 7, 8]))
      },
    }
    return { computation, runs }
  }

  test('run once for all of them, and a save then reads what is there', async () => {
    const { computation, runs } = counting()
    const [a, b] = computeTensors(computation)
    if (!a || !b) return expect.fail('two tensors')
    const [first, second] = await Promise.all([a.read({ offset: 1, length: 2 }), toTypedArray(b)])
    expect(first).toEqual(Uint8Array.from([6, 7]))
    expect(second).toEqual(Int32Array.from([1, 2]))
    const bands: [number, number, number[]][] = []
    await a.computed?.computation.run(
      (output, offset, bytes) => void bands.push([output, offset, [...bytes]]),
      {},
    )
    expect(bands).toEqual([
      [0, 0, [5, 6, 7, 8]],
      [1, 0, [1, 0, 0, 0, 2, 0, 0, 0]],
    ])
    expect(runs.length).toBe(1)
  })

  test('one reader gives up, the other gets its bytes', async () => {
    const { computation, runs } = counting()
    const [a, b] = computeTensors(computation)
    const stop = new AbortController()
    const gone = a?.read({ signal: stop.signal })
    const stays = b?.read()
    stop.abort()
    await expect(gone).rejects.toMatchObject({ name: 'AbortError' })
    expect((await stays)?.length).toBe(8)
    expect(runs.length).toBe(2)
  })

  test('a failure is passed on, and tried again by the next', async () => {
    const { computation, runs } = counting(true)
    const [a] = computeTensors(computation)
    await expect(a?.read()).rejects.toThrow('broken')
    await expect(a?.read()).rejects.toThrow('broken')
    expect(runs.length).toBe(2)
  })

  test('keys name the computation and the output', () => {
    expect(computeTensors(counting().computation).map(tensor => tensor.key)).toEqual(['k#0', 'k#1'])
  })
})
