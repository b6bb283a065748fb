// Plain JavaScript, so that it also runs on the built packages. A process of its own, so that its peak is that of the statistics: prints the largest resident size in MiB.
import { onnx } from '@damson/graph'
import { createRuntime } from '@damson/runtime'

const graph = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[n, 512] x) => (float[n, 512] y)
  { h = Tanh(x) y = Neg(h) }`
const rows = 128

/** 256 KiB a sample, made when asked for. */
const samples = count => ({
  async *[Symbol.asyncIterator]() {
    for (let sample = 0; sample < count; sample++) {
      const data = new Float32Array(rows * 512).fill(sample / count)
      yield { x: { dtype: 'float32', shape: [rows, 512], data } }
    }
  },
})

const runtime = createRuntime()
const kinds = ['minmax', 'moments', 'histogram', 'gram']
const results = await runtime.statistics(
  graph,
  kinds.map(kind => ({ value: 'h', kind })),
  samples(Number(process.argv[2])),
)
await runtime.close()
console.log(JSON.stringify({ mib: process.resourceUsage().maxRSS / 1024, count: results.get('h')?.count }))
