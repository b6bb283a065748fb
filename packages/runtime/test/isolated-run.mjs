// Plain JavaScript, so that it also runs on the built packages: a program that does nothing but run a model and close: it must end by itself, after `close`, with its temporary files gone.
import { memoryTensor, onnx } from '@damson/graph'
import { createRuntime } from '@damson/runtime'

const [isolate, wait] = process.argv.slice(2)
const runtime = createRuntime({ isolate })
const weight = memoryTensor('float16', [5_000_000], new Uint16Array(5_000_000).fill(0x4000))
const graph = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float16[n] x) => (float16[n] y)
  <float16[5000000] w = ${weight}, int64[1] first = {0}> { two = Gather(w, first) y = Mul(x, two) }`
const live = await runtime.open(graph)
const { y } = await live.run('main', { x: { dtype: 'float16', shape: [1], data: Uint16Array.of(0x3c00) } })
if (wait === 'wait') {
  console.log('ready')
  await new Promise(resolve => setTimeout(resolve, 60_000))
}
await runtime.close()
console.log(`closed, ${y?.data.join()}`)
