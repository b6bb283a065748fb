// Fits staticInt8 on so many samples and prints the peak of resident memory in MiB, for the test that it does not grow:
// node --conditions=@damson/source --import tsx test/fit-memory.ts <samples>
import { modelOf, smash, type Sample } from '@damson/core'
import { memoryTensor, onnx } from '@damson/graph'
import { createRuntime } from '@damson/runtime'
import { seededNormal } from '@damson/testing'
import { staticInt8 } from '../src/algorithms/static-int8.ts'

const count = Number(process.argv[2] ?? 8)
const filter = (seed: number) => memoryTensor('float32', [8, 8, 3, 3], seededNormal(seed, 576, 0.1))
const model = modelOf(onnx`<ir_version: 8, opset_import: ["" : 17]>
  g (float[1,8,128,128] x) => (float[1,8,128,128] y) <float[8,8,3,3] u = ${filter(1)}, float[8,8,3,3] w = ${filter(2)}>
  { a = Conv<pads = [1, 1, 1, 1]>(x, u)  b = Relu(a)  y = Conv<pads = [1, 1, 1, 1]>(b, w) }`)
const samples: Iterable<Sample> = {
  *[Symbol.iterator]() {
    for (let seed = 0; seed < count; seed++) {
      const data = seededNormal(seed, 8 * 128 * 128)
      yield { part: 'model', feeds: { x: { dtype: 'float32', shape: [1, 8, 128, 128], data } } }
    }
  },
}
const runtime = createRuntime({ session: { intraOpNumThreads: 1 } })
await smash(model, [staticInt8({ calibrate: 'percentile' })], { runtime, samples })
await runtime.close()
process.stdout.write(String(process.resourceUsage().maxRSS / 1024))
