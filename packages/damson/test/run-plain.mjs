// Runs a model in plain onnxruntime-node, as a user without damson would. Argument: { file, feeds: { name: { dtype, shape, data } } };
// prints the outputs as { name: [dims, base64 of the bytes] }.
import { InferenceSession, Tensor } from 'onnxruntime-node'

const { file, feeds } = JSON.parse(process.argv[2])
const session = await InferenceSession.create(file)
const tensors = Object.entries(feeds).map(([name, { dtype, shape, data }]) => [
  name,
  new Tensor(dtype, BigInt64Array.from(data.map(BigInt)), shape),
])
const outputs = await session.run(Object.fromEntries(tensors))
const plain = Object.entries(outputs).map(([name, { dims, data }]) => [
  name,
  [dims, Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')],
])
process.stdout.write(JSON.stringify(Object.fromEntries(plain)))
