// The bytes that simplify makes, as they were when it was released: a rule that is only written otherwise leaves them as they
// are. Where they change on purpose, the version of the algorithm goes up, because saved recipes are replayed.
import { createHash } from 'node:crypto'
import { basename, dirname } from 'node:path'
import { modelOf, smash } from '@damson/core'
import { fileSource, graphToBytes, pathFolder, readGraph } from '@damson/graph'
import { createRuntime } from '@damson/runtime'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { simplify } from '../algorithms/simplify.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

/** First digits of SHA-256. None of these has floats that ONNX Runtime computes: those may differ by processor. */
const digests: Readonly<Record<string, string>> = {
  'fixtures/bert-tiny-dynamo/model.onnx': 'efd86efbf4b8f0df',
  'fixtures/llama-tiny-dynamo/model.onnx': '6ce4502083c94b3d',
  'fixtures/resnet-tiny-ts/model.onnx': 'b58390136c666d79',
  'fixtures/sd15-tiny-ts/text_encoder/model.onnx': '2905b2efe6ab270a',
  'fixtures/whisper-tiny-random/encoder_model.onnx': '30c8fe5223618f7e',
}

for (const [path, digest] of Object.entries(digests)) {
  zooTest(path, 'the bytes are those of before', async file => {
    const folder = pathFolder(dirname(file))
    const graph = await readGraph(await fileSource(file), { folder, path: basename(file) })
    const model = await smash(modelOf(graph), [simplify()], { runtime })
    const bytes = await graphToBytes(model.part('model').graph)
    expect(createHash('sha256').update(bytes).digest('hex').slice(0, 16)).toBe(digest)
  })
}
