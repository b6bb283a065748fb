import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  DamsonError,
  graphToBytes,
  memoryFolder,
  memorySink,
  memoryTensor,
  onnx,
  tensorOf,
} from '@damson/graph'
import { expect, test } from 'vitest'
import { findParts } from './layout.ts'
import { load } from './load.ts'
import { modelOf, withCopies } from './model-value.ts'
import { recordPrice } from './amend.ts'
import { save } from './save.ts'
import { formatSaved, parseSaved } from './saved.ts'
import { textHash } from './files.ts'
import { splitVariant } from './variants.ts'

const weight = memoryTensor('float32', [2, 2], Float32Array.of(1, 2, 3, 4))
const graph = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[n,2] x) => (float[n,2] y) <float[2,2] w = ${weight}> { y = MatMul(x, w) }`
const bytes = await graphToBytes(graph)
const text = (value: string): Uint8Array => new TextEncoder().encode(value)

function folder(files: Readonly<Record<string, Uint8Array>>): ReturnType<typeof memoryFolder> {
  return memoryFolder(new Map(Object.entries(files)), 'model')
}

async function saved(model: Parameters<typeof save>[0], options = {}): Promise<Map<string, Uint8Array>> {
  const sink = memorySink()
  await save(model, sink, options)
  return new Map(sink.files)
}

async function code(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  return DamsonError.isInstance(error) ? error.code : `no DamsonError: ${String(error)}`
}

test('a diffusers folder keeps its layout, its files byte for byte, and gets a record', async () => {
  const files = {
    'unet/model.onnx': bytes,
    'unet/config.json': text('{}'),
    'model_index.json': text('{"a":1}'),
    'vae_decoder/model.onnx': bytes,
  }
  const model = await load(folder(files))
  expect([...model.parts.values()].map(part => [part.name, part.role])).toEqual([
    ['unet', 'denoiser'],
    ['vae_decoder', 'image-decoder'],
  ])
  const written = await saved(model)
  expect([...written.keys()].sort()).toEqual(['damson.json', ...Object.keys(files)].sort())
  for (const [path, content] of Object.entries(files)) expect(written.get(path)).toEqual(content)
  const again = await load(memoryFolder(written, 'model'))
  expect([...again.parts.keys()]).toEqual(['unet', 'vae_decoder'])
  expect([...again.files.keys()]).toEqual(['model_index.json', 'unet/config.json'])
})

test('a flipped byte in any saved file is an error that names the file', async () => {
  const written = await saved(await load(folder({ 'unet/model.onnx': bytes, 'a.txt': text('carried') })))
  for (const [path, content] of written) {
    for (const at of [0, content.length >> 1, content.length - 2]) {
      const damaged = content.slice()
      damaged[at] = (damaged[at] ?? 0) ^ 1
      const error = await load(memoryFolder(new Map(written).set(path, damaged), 'model')).catch(
        (reason: unknown) => reason,
      )
      expect(DamsonError.isInstance(error), `${path} at ${at}: ${String(error)}`).toBe(true)
      expect(String(error)).toContain(path)
    }
  }
})

test('a missing file of a saved model is named', async () => {
  const written = await saved(await load(folder({ 'unet/model.onnx': bytes, 'a.txt': text('carried') })))
  written.delete('a.txt')
  const error = await load(memoryFolder(written, 'model')).catch((reason: unknown) => reason)
  expect(String(error)).toContain('a.txt')
})

test('a variant is added to a transformers.js folder, with its suffix and without other variants', async () => {
  const source = folder({
    'onnx/model.onnx': bytes,
    'onnx/model_fp16.onnx': bytes,
    'config.json': text('{}'),
  })
  const model = await load(source)
  expect(model.layout).toBe('transformers.js')
  expect([...model.parts.keys()]).toEqual(['model'])
  const written = await saved(model, { variant: 'q4' })
  expect([...written.keys()].sort()).toEqual(['config.json', 'damson.q4.json', 'onnx/model_q4.onnx'])
  const again = await load(memoryFolder(written, 'model'), { variant: 'q4' })
  expect(again.part('model').path).toBe('onnx/model.onnx')
  expect(await code(load(memoryFolder(written, 'model')))).toBe('unknown-variant')
  expect(await code(load(source, { variant: 'q9' }))).toBe('unknown-variant')
})

test('a changed graph is written anew, with its provenance', async () => {
  const model = await load(folder({ 'unet/model.onnx': bytes }))
  const draft = (await import('@damson/graph')).Draft
  const edit = new draft(model.part('unet').graph)
  const [node] = edit.nodes
  if (node) edit.replace(node, { name: 'merged', origins: ['first', 'second'] })
  const changed = model.withGraph('unet', model.part('unet').graph.with({ nodes: edit.finish().nodes }))
  const written = await saved(changed)
  expect(written.get('unet/model.onnx')).not.toEqual(bytes)
  const again = await load(memoryFolder(written, 'model'))
  expect(again.part('unet').graph.nodes[0]?.origins).toEqual(['first', 'second'])
})

test('bytes in, one part of one file', async () => {
  const model = await load(bytes)
  expect(model.layout).toBe('file')
  const [part] = model.parts.values()
  expect(part && tensorOf(part.graph.initializers.get('w')?.tensor.dtype ?? 'float32', [1], [1]).dtype).toBe(
    'float32',
  )
  const written = await saved(model)
  expect([...written.keys()]).toContain('damson.json')
})

test('a record of a newer version, with an unknown key or of no JSON says what to do', async () => {
  const record = await formatSaved(
    {
      tools: {},
      source: { name: 'm' },
      layout: 'file',
      parts: {},
      steps: [],
      ports: [],
      provenance: {},
      files: {},
    },
    textHash,
  )
  expect((await parseSaved(record, 'damson.json', textHash)).layout).toBe('file')
  expect(await code(parseSaved(record.replace('"damson": 1', '"damson": 2'), 'damson.json', textHash))).toBe(
    'newer-version',
  )
  expect(await code(parseSaved(record.replace('"parts"', '"prats"'), 'damson.json', textHash))).toBe(
    'invalid-record',
  )
  expect(await code(parseSaved(record.slice(0, -9), 'damson.json', textHash))).toBe('changed-file')
  expect(await code(parseSaved(record.replace('"m"', '"n"'), 'damson.json', textHash))).toBe('changed-file')
})

test('folders without models and unknown parts list what there is', async () => {
  expect(await code(load(folder({ 'a.txt': text('') })))).toBe('no-model')
  expect(() => modelOf(graph).part('unet')).toThrow(/model/)
})

test('names of files and variants', () => {
  expect(splitVariant('decoder_model_merged_q4f16')).toEqual({
    session: 'decoder_model_merged',
    variant: 'q4f16',
  })
  expect(splitVariant('model_quantized')).toEqual({ session: 'model', variant: 'q8' })
  expect(splitVariant('model')).toEqual({ session: 'model', variant: 'fp32' })
  const found = findParts(
    ['encoder_model.onnx', 'decoder_model.onnx', 'unet/model.onnx', 'unet/extra.onnx', 'a/b/c.onnx'],
    'm',
  )
  expect(found.parts.map(part => part.name)).toEqual(['encoder_model', 'decoder_model', 'unet', 'unet/extra'])
  expect(() =>
    findParts(
      ['onnx/encoder_model_q4.onnx', 'onnx/encoder_model.onnx', 'onnx/decoder_model.onnx'],
      'm',
      'q4',
    ),
  ).toThrow(/decoder_model/)
})

test('a price is noted in the record without touching the rest', async () => {
  const folder = join(await mkdtemp(join(tmpdir(), 'damson-price-')), 'model')
  await save(await load(bytes), folder)
  const before: unknown = JSON.parse(await readFile(join(folder, 'damson.json'), 'utf8'))
  await recordPrice(folder, 'damson.json', { sqnr: 36.5 })
  const after: unknown = JSON.parse(await readFile(join(folder, 'damson.json'), 'utf8'))
  expect(after).toEqual({
    ...Object(before),
    price: { sqnr: 36.5 },
    checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect((await load(folder)).price).toEqual({ sqnr: 36.5 })
  expect(await code(recordPrice(folder, 'other.json', {}))).toBe('missing-file')
  await rm(join(folder, '..'), { recursive: true })
})

test('a part of a file that was saved under another name keeps the name that its steps know', async () => {
  const made = await mkdtemp(join(tmpdir(), 'damson-renamed-'))
  await save(modelOf(graph), join(made, 'other.onnx'))
  expect([...(await load(join(made, 'other.onnx'))).parts.keys()]).toEqual(['model'])
  await rm(made, { recursive: true })
})

test('copies of a part share its weights in one file', async () => {
  const big = memoryTensor('float32', [64, 64], new Float32Array(4096).fill(0.5))
  const wide = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[n,64] x) => (float[n,64] y) <float[64,64] w = ${big}> { y = MatMul(x, w) }`
  const read = await load(folder({ 'model.onnx': await graphToBytes(wide) }))
  const model = withCopies(read, 'model', ['model_1', 'model_2'])
  const files = await saved(model, { weights: 'shared' })
  expect([...files.keys()]).toEqual([
    'model.onnx', 'model.onnx_data', 'model_1.onnx', 'model_2.onnx', 'damson.json',
  ]) // prettier-ignore
  expect(files.get('model.onnx_data')?.length).toBe(64 * 64 * 4)
  const again = await load(memoryFolder(files, 'model'))
  expect([...again.parts.keys()]).toEqual(['model', 'model_1', 'model_2'])
  const found = await again.part('model_2').graph.initializers.get('w')?.tensor.read()
  expect(found).toEqual(new Uint8Array(new Float32Array(4096).fill(0.5).buffer))
  // Saved again as it is, the shared file is copied once.
  expect([...(await saved(again)).keys()].sort()).toEqual([...files.keys()].sort())
  expect(() => withCopies(model, 'model', ['model_1'])).toThrow(/a new name .* got "model_1"/)
})
