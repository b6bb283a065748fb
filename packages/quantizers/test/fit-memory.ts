// Fits staticInt8 on so many samples and prints the peak of resident memory in MiB, for the test that it does not grow:
// node --conditions=@damson/source --import tsx test/fit-memory.ts <samples>
import { modelOf, smash, type Sample } from '@damson/core'
import { elementCount, memoryTensor, onnx, type Tensor } from '@damson/graph'
import { createRuntime } from '@damson/runtime'
import { seededNormal } from '@damson/testing'
import { staticInt8 } from '../src/algorithms/static-int8.ts'

const count = Number(process.argv[2] ?? 8)
const filter = (seed: number, shape: readonly number[]): Tensor =>
  memoryTensor('float32', shape, seededNormal(seed, elementCount(shape), 0.3))
// Small samples and large activations: 2 MiB of b for 64 KiB of x.
const model = modelOf(onnx`<ir_version: 8, opset_import: ["" : 17]>
  g (float[1,1,128,128] x) => (float[1,4,128,128] y)
  <float[32,1,3,3] u = ${filter(1, [32, 1, 3, 3])}, float[4,32,1,1] w = ${filter(2, [4, 32, 1, 1])}>
  { a = Conv<pads = [1, 1, 1, 1]>(x, u)  b = Relu(a)  y = Conv(b, w) }`)
const samples: Iterable<Sample> = {
  *[Symbol.iterator]() {
    for (let seed = 0; seed < count; seed++) {
      const data = seededNormal(seed, 128 * 128)
      yield { part: 'model', feeds: { x: { dtype: 'float32', shape: [1, 1, 128, 128], data } } }
    }
  },
}
const runtime = createRuntime({ session: { intraOpNumThreads: 1 } })
await smash(model, [staticInt8()], { runtime, samples })
await runtime.close()
process.stdout.write(String(process.resourceUsage().maxRSS / 1024))
