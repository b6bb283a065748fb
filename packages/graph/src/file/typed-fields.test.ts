import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { ModelProtoSchema, TensorProtoSchema } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { dataTypes, type DataType } from '../dtype.ts'
import { bytesSource } from '../storage/bytes-source.ts'
import type { Tensor } from '../tensor.ts'
import { numbers } from '../tensors/elements.ts'
import { toTypedArray } from '../tensors/typed-array.ts'
import { parseGraph, parseTensor, readGraph } from './read.ts'

type Fields = MessageInitShape<typeof TensorProtoSchema>

function file(fields: Fields): Uint8Array {
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, {
      graph: { initializer: [create(TensorProtoSchema, { ...fields, name: 'w' })] },
    }),
  )
}

function parsed(fields: Fields): Tensor | undefined {
  return parseGraph(file(fields)).initializers.get('w')?.tensor
}

/** What ONNX's `TensorProto` documents for each type outside raw data, with negative values where the type has them. */
const cases: readonly [DataType, Fields, readonly number[]][] = [
  ['float32', { floatData: [1.5, -2] }, [1.5, -2]],
  ['uint8', { int32Data: [255, 1] }, [255, 1]],
  ['int8', { int32Data: [-128, 127] }, [-128, 127]],
  ['uint16', { int32Data: [65535, 1] }, [65535, 1]],
  ['int16', { int32Data: [-32768, 1] }, [-32768, 1]],
  ['int32', { int32Data: [-(2 ** 31), 7] }, [-(2 ** 31), 7]],
  ['int64', { int64Data: [-(2n ** 40n), 3n] }, [-(2 ** 40), 3]],
  ['bool', { int32Data: [1, 0] }, [1, 0]],
  ['float16', { int32Data: [0x3c00, 0xc000] }, [1, -2]],
  ['float64', { doubleData: [0.1, -1e300] }, [0.1, -1e300]],
  ['uint32', { uint64Data: [4294967295n, 1n] }, [4294967295, 1]],
  ['uint64', { uint64Data: [2n ** 60n, 1n] }, [2 ** 60, 1]],
  ['complex64', { floatData: [1, 2, 3, -4] }, [1, 2, 3, -4]],
  ['complex128', { doubleData: [1, 2, 3, -4] }, [1, 2, 3, -4]],
  ['bfloat16', { int32Data: [0x3f80, 0xc000] }, [1, -2]],
  ['float8e4m3fn', { int32Data: [0x38, 0xc0] }, [1, -2]],
  ['float8e4m3fnuz', { int32Data: [0x40, 0xc8] }, [1, -2]],
  ['float8e5m2', { int32Data: [0x3c, 0xc0] }, [1, -2]],
  ['float8e5m2fnuz', { int32Data: [0x40, 0xc4] }, [1, -2]],
  ['float8e8m0', { int32Data: [127, 128] }, [1, 2]],
  ['uint4', { int32Data: [0xf1] }, [1, 15]],
  ['int4', { int32Data: [0xf1] }, [1, -1]],
  ['float4e2m1', { int32Data: [0xc2] }, [1, -2]],
  ['uint2', { int32Data: [0b1101] }, [1, 3]],
  ['int2', { int32Data: [0b1101] }, [1, -1]],
]

test.each(cases)('%s from its typed field', (dtype, fields, expected) => {
  const tensor = parsed({ ...fields, dims: [2n], dataType: dataTypes[dtype].code })
  expect(tensor?.dtype).toBe(dtype)
  expect(tensor && numbers(tensor)).toEqual(expected)
})

test('the cases are all numeric types', () => {
  expect(cases.map(([dtype]) => dtype).toSorted()).toEqual(
    Object.keys(dataTypes)
      .filter(each => each !== 'string')
      .toSorted(),
  )
})

describe('big typed fields', () => {
  const count = 200_000
  const values = Array.from({ length: count }, (_, at) => at * 41 - 1_000_000)

  const big: readonly [DataType, Fields, (array: ArrayLike<number | bigint>) => number[]][] = [
    ['int32', { int32Data: values }, array => Array.from(array, Number)],
    [
      'int64',
      { int64Data: values.map(value => BigInt(value) * 2n ** 20n) },
      array => Array.from(array, value => Number(value) / 2 ** 20),
    ],
    [
      'uint64',
      { uint64Data: values.map(value => BigInt(value + 2_000_000) * 2n ** 38n) },
      array => Array.from(array, value => Number(BigInt(value) / 2n ** 38n) - 2_000_000),
    ],
    ['float32', { floatData: values }, array => Array.from(array, Number)],
    ['float64', { doubleData: values }, array => Array.from(array, Number)],
  ]

  test.each(big)('%s stays in the file until it is read', async (dtype, fields, decode) => {
    const bytes = file({ ...fields, dims: [BigInt(count)], dataType: dataTypes[dtype].code })
    const lazy = (await readGraph(bytesSource(bytes))).initializers.get('w')?.tensor
    expect(lazy?.data).toBeUndefined()
    const now = parseGraph(bytes).initializers.get('w')?.tensor
    for (const tensor of [lazy, now]) {
      if (!tensor) return expect.fail('no tensor')
      const decoded = decode(await toTypedArray(tensor))
      expect([decoded.length, decoded.findIndex((value, index) => value !== values[index])]).toEqual([
        count,
        -1,
      ])
      expect(new Int32Array((await tensor.read({ offset: 8, length: 8 })).buffer).length).toBe(2)
    }
  })

  test('16-bit floats as varints', async () => {
    const codes = values.map(value => value & 0xffff)
    const bytes = file({ int32Data: codes, dims: [BigInt(count)], dataType: dataTypes.float16.code })
    const tensor = (await readGraph(bytesSource(bytes))).initializers.get('w')?.tensor
    const read = tensor ? Array.from(await toTypedArray(tensor), Number) : []
    expect([read.length, read.findIndex((code, at) => code !== codes[at])]).toEqual([count, -1])
  })

  test.each([count - 1, count + 1])('%i elements declared where there are 200000', async declared => {
    const bytes = file({ int32Data: values, dims: [BigInt(declared)], dataType: dataTypes.int32.code })
    expect(() => parseGraph(bytes)).toThrow(/expected .* elements of int32/)
    const tensor = (await readGraph(bytesSource(bytes))).initializers.get('w')?.tensor
    await expect(tensor?.read()).rejects.toMatchObject({ code: 'invalid-model' })
  })
})

test('the wrong number of elements', () => {
  expect(() => parsed({ floatData: [1, 2, 3], dims: [2n], dataType: 1 })).toThrow(
    /expected 8 bytes for float32\[2\] in tensor "w", got 3 elements/,
  )
})

test('the wrong number of bytes', () => {
  expect(() => parsed({ rawData: new Uint8Array(7), dims: [2n], dataType: 1 })).toThrow(/got 7 bytes/)
})

test('an element type that does not exist', () => {
  expect(() => parsed({ rawData: new Uint8Array(7), dims: [7n], dataType: 99 })).toThrow(
    /a known element type.*data_type 99/,
  )
})

test('a tensor file on its own', () => {
  const proto = create(TensorProtoSchema, { name: 'x', dims: [2n], dataType: 7, int64Data: [1n, -1n] })
  expect(numbers(parseTensor(toBinary(TensorProtoSchema, proto)))).toEqual([1, -1])
  expect(() => parseTensor(Uint8Array.from([9]))).toThrow(/expected/)
})
