// onnxruntime-web in Node opens what does not fit beside its graph: weights of many megabytes go to it from memory.
import { memoryTensor, onnx } from '@damson/graph'
import { afterAll, expect, test } from 'vitest'
import { createRuntime } from '../create-runtime.ts'

const runtime = createRuntime({ target: 'wasm' })
afterAll(() => runtime.close())

test('a graph of more than 8 MiB that lies in no file', async () => {
  const [K, N] = [1024, 2304]
  const w = Float32Array.from({ length: K * N }, (_, at) => Math.sin(at))
  const graph = onnx`<opset_import: ["" : 17]> g (float[1,1024] x) => (float[1,2304] y)
    <float[1024,2304] w = ${memoryTensor('float32', [K, N], w)}> { y = MatMul(x, w) }`
  const live = await runtime.open(graph)
  const x = new Float32Array(K)
  x[3] = 1
  const { y } = await live.run('main', { x: { dtype: 'float32', shape: [1, K], data: x } })
  expect(y?.data).toEqual(w.slice(3 * N, 4 * N))
  await live.close()
})
