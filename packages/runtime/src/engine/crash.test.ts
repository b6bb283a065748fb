// A 4-bit graph output aborts the process that ONNX Runtime is in; `open` refuses it, so the engine is asked directly here.
import { graphToBytes, onnx } from '@damson/graph'
import { expect, test } from 'vitest'
import { nothingStays } from './engine.ts'
import { startProcess } from '../isolate.node.ts'
import { remoteEngine } from './remote-engine.ts'

test('a native crash in a child process is an error that says so, and the next run works', async () => {
  const crashing = onnx`<ir_version: 10, opset_import: ["" : 21]> g (int8[n] x) => (int4[n] y) { y = Cast<to = 22>(x) }`
  const fine = onnx`<ir_version: 10, opset_import: ["" : 21]> g (int8[n] x) => (int8[n] y) { y = Identity(x) }`
  const engine = remoteEngine(startProcess, { module: 'node' })
  const source = async (graph: typeof fine) =>
    ({ kind: 'bytes', bytes: await graphToBytes(graph), external: [] }) as const
  const x = { dtype: 'int8', shape: [2], data: Int8Array.of(1, 2) } as const
  await engine.open(1, await source(fine), {})
  await engine.open(2, await source(crashing), {})
  await expect(engine.run(2, { feeds: { x }, ...nothingStays })).rejects.toMatchObject({
    code: 'crashed',
    message: expect.stringMatching(/SIG|code/),
  })
  expect((await engine.run(1, { feeds: { x }, ...nothingStays })).outputs['y']).toEqual(x)
  await engine.close()
})
