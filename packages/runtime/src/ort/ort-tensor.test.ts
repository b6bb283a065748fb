import type { TensorData } from '@damson/core'
import { dataTypes, parse } from '@damson/graph'
import { afterAll, describe, expect, test } from 'vitest'
import { createRuntime, type OpenRuntime } from '../create-runtime.ts'

const big = (values: readonly bigint[]): BigInt64Array => BigInt64Array.from(values)
const tensors: readonly TensorData[] = [
  { dtype: 'float32', shape: [2], data: Float32Array.of(1.5, -Infinity) },
  { dtype: 'float64', shape: [2], data: Float64Array.of(1e300, -0) },
  { dtype: 'float16', shape: [3], data: Uint16Array.of(0x3c00, 0xc000, 0x7e00) },
  { dtype: 'int8', shape: [2], data: Int8Array.of(-128, 127) },
  { dtype: 'uint8', shape: [2], data: Uint8Array.of(0, 255) },
  { dtype: 'int16', shape: [2], data: Int16Array.of(-32768, 7) },
  { dtype: 'uint16', shape: [2], data: Uint16Array.of(0, 65535) },
  { dtype: 'int32', shape: [2], data: Int32Array.of(-(2 ** 31), 7) },
  { dtype: 'uint32', shape: [2], data: Uint32Array.of(0, 2 ** 32 - 1) },
  { dtype: 'int64', shape: [2], data: big([-(2n ** 63n), 2n ** 53n + 1n]) },
  { dtype: 'uint64', shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
  { dtype: 'bool', shape: [2, 1], data: Uint8Array.of(1, 0) },
  { dtype: 'string', shape: [2], data: ['plum', 'Zwetschge ü'] },
  { dtype: 'float32', shape: [], data: Float32Array.of(3) },
  { dtype: 'float32', shape: [0, 4], data: new Float32Array(0) },
]

const open: OpenRuntime[] = []
afterAll(() => Promise.all(open.map(each => each.close())))

describe.each(['thread', 'worker', 'process'] as const)('in a %s', isolate => {
  const runtime = createRuntime({ isolate })
  open.push(runtime)
  test.each(tensors.map(tensor => [`${tensor.dtype} [${tensor.shape.join()}]`, tensor] as const))(
    '%s goes in and comes out unchanged',
    async (_, tensor) => {
      const type = `${dataTypes[tensor.dtype].text}[${tensor.shape.map((_, at) => `d${at}`).join()}]`
      const graph = parse(
        `<ir_version: 8, opset_import: ["" : 16]> g (${type} x) => (${type} y) { y = Identity(x) }`,
      )
      const live = await runtime.open(graph)
      const { y } = await live.run('main', { x: tensor })
      expect(y).toEqual(tensor)
      await live.close()
    },
  )
})
