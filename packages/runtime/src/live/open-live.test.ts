import { onnx } from '@damson/graph'
import { afterEach, describe, expect, test } from 'vitest'
import { createRuntime, type OpenRuntime, type RuntimeOptions } from '../index.ts'

const add = onnx`<ir_version: 8, opset_import: ["" : 17]>
  g (float[n, 2] x) => (float[n, 2] y) <float[2] w = {10, 20}> { y = Add(x, w) }`

const open: OpenRuntime[] = []
const runtime = (options: RuntimeOptions = {}): OpenRuntime => {
  const made = createRuntime(options)
  open.push(made)
  return made
}
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

describe.each(['thread', 'worker', 'process'] as const)('in a %s', isolate => {
  test('a graph opens, runs and closes', async () => {
    const live = await runtime({ isolate }).open(add)
    const x = { dtype: 'float32', shape: [2, 2], data: new Float32Array([1, 2, 3, 4]) } as const
    const { y } = await live.run('main', { x })
    expect(y).toEqual({ dtype: 'float32', shape: [2, 2], data: new Float32Array([11, 22, 13, 24]) })
    expect(x.data).toEqual(new Float32Array([1, 2, 3, 4]))
    await live.close()
    await expect(live.run('main', { x })).rejects.toMatchObject({ code: 'closed' })
  })

  test('what ONNX Runtime says reaches the caller', async () => {
    const bad = onnx`<ir_version: 8, opset_import: ["" : 17]>
      g (float[n, m] x) => (float[k, l] y) <int64[1] s = {7}> { y = Reshape(x, s) }`
    const live = await runtime({ isolate }).open(bad)
    const x = { dtype: 'float32', shape: [2, 2], data: new Float32Array(4) } as const
    await expect(live.run('main', { x })).rejects.toMatchObject({
      code: 'run',
      message: expect.stringMatching(/main.*Reshape/s),
    })
  })
})
