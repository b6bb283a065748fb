// Loads what the command saved and runs it, with nothing but what is on disk. Argument and output: as in run-plain.mjs.
import { load } from '@damson/core'
import { createRuntime } from '@damson/runtime'

const { file, feeds } = JSON.parse(process.argv[2])
const runtime = createRuntime()
const model = await load(file)
const live = await runtime.open(model)
const tensors = Object.entries(feeds).map(([name, { dtype, shape, data }]) => [
  name,
  { dtype, shape, data: BigInt64Array.from(data.map(BigInt)) },
])
const outputs = await live.run([...model.parts.keys()][0], Object.fromEntries(tensors))
const plain = Object.entries(outputs).map(([name, { shape, data }]) => [
  name,
  [shape, Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')],
])
process.stdout.write(JSON.stringify(Object.fromEntries(plain)))
await runtime.close()
