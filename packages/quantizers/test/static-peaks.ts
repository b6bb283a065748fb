// A process of its own: peak memory after calibrating by a rule on few samples, and then on many. Prints both, in MiB.
// node static-peaks.ts <rule> <few> <many>
import { modelOf, smash, type Sample } from '@damson/core'
import { memoryTensor, onnx } from '@damson/graph'
import { createRuntime } from '@damson/runtime'
import { seededNormal } from '@damson/testing'
import { staticInt8 } from '../src/algorithms/static-int8.ts'

/** 16 channels of 160×160: 1.6 MB a value, six values. */
const side = 160
const filter = (seed: number, inputs: number) =>
  memoryTensor('float32', [16, inputs, 3, 3], seededNormal(seed, 16 * inputs * 9, 0.1))
const model = modelOf(onnx`<ir_version: 8, opset_import: ["" : 17]>
  net (float[n,3,${side},${side}] x) => (float[n,16,${side},${side}] y)
  <float[16,3,3,3] a = ${filter(1, 3)}, float[16,16,3,3] b = ${filter(2, 16)}, float[16,16,3,3] c = ${filter(3, 16)}>
  {
    a1 = Conv<pads = [1, 1, 1, 1]>(x, a)
    a2 = Sigmoid(a1)
    b1 = Conv<pads = [1, 1, 1, 1]>(a2, b)
    b2 = Sigmoid(b1)
    y = Conv<pads = [1, 1, 1, 1]>(b2, c)
  }`)

const image = seededNormal(4, 3 * side * side)
function* images(count: number): Generator<Sample> {
  for (let at = 1; at <= count; at++) {
    const data = image.map(x => x * (1 + at / count))
    yield { part: 'model', feeds: { x: { dtype: 'float32', shape: [1, 3, side, side], data } } }
  }
}

const runtime = createRuntime()
const peaks: number[] = []
const [rule, ...counts] = process.argv.slice(2)
const calibrate = rule === 'percentile' || rule === 'entropy' ? rule : 'mse'
for (const count of counts.map(Number)) {
  await smash(model, [staticInt8({ protect: 0, calibrate })], {
    runtime,
    samples: () => images(count),
  })
  peaks.push(process.resourceUsage().maxRSS / 1024)
}
await runtime.close()
process.stdout.write(peaks.join(' '))
