// Opens a variant of a transformers.js folder with the installed @huggingface/transformers, from disk only. It brings its
// own ONNX Runtime, so it runs in a process of its own. Argument: { folder, name, dtype, feeds }; output as in run-plain.mjs.
import { AutoModel, env, Tensor } from '@huggingface/transformers'

const { folder, name, dtype, feeds } = JSON.parse(process.argv[2])
env.allowRemoteModels = false
env.localModelPath = folder
const model = await AutoModel.from_pretrained(name, { dtype, local_files_only: true })
const tensors = Object.entries(feeds).map(([input, { dtype: type, shape, data }]) => [
  input,
  new Tensor(type, BigInt64Array.from(data.map(BigInt)), shape),
])
const outputs = await model(Object.fromEntries(tensors))
const plain = Object.entries(outputs).map(([output, { dims, data }]) => [
  output,
  [dims, Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')],
])
process.stdout.write(JSON.stringify(Object.fromEntries(plain)))
await model.dispose()
