import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Draft, graphToBytes, isRefusal, memoryFolder, onnx, type Graph } from '@damson/graph'
import { expect, onTestFinished, test } from 'vitest'
import { amendFolder } from './amend.ts'
import { load } from './load.ts'
import type { Model } from './model.ts'
import { save } from './save.ts'
import { asSessionsFolder } from './sessions-folder.ts'
import { dtypeOf, parseVariant } from './variants.ts'

const graph = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[n,2] x) => (float[n,2] y) { y = Relu(x) }`
const bytes = await graphToBytes(graph)

const folder = (...files: readonly string[]) =>
  memoryFolder(new Map(files.map(file => [file, file.endsWith('.onnx') ? bytes : new TextEncoder().encode('{}')])), 'm') // prettier-ignore

async function emptyFolder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'damson-variants-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

function renamed(model: Model, part: string): Model {
  const { graph: before } = model.part(part)
  const draft = new Draft(before)
  const [node] = draft.nodes
  if (node) draft.replace(node, { name: 'changed' })
  const changed: Graph = before.with({ nodes: draft.finish().nodes })
  return model.withGraph(part, changed)
}

test('a variant is one dtype, or one a session', () => {
  expect(dtypeOf('model', undefined)).toBe('fp32')
  expect(dtypeOf('model', 'q4')).toBe('q4')
  const mixed = 'q8,q4@decoder_model_merged+lm_head,fp16@embed_tokens'
  expect(parseVariant(mixed).others).toBe('q8')
  const sessions = ['lm_head', 'decoder_model_merged', 'embed_tokens', 'vision_encoder']
  expect(sessions.map(session => dtypeOf(session, mixed))).toEqual(['q4', 'q4', 'fp16', 'q8'])
  expect(dtypeOf('vision_encoder', 'q4@decoder_model_merged')).toBe('fp32')
})

test.each([
  ['q5', /"q5" is none of fp32, fp16/],
  ['q4,q8', /more than one dtype stands without a session/],
  ['q4@', /an empty session/],
  ['q4@a+,q8', /an empty session/],
  ['q4@a,q8@a', /the session "a" has two dtypes/],
])('the variant %s is refused', (text, says) => {
  expect(() => parseVariant(text)).toThrow(says)
})

test('a file or a plain folder becomes a folder of sessions', async () => {
  const named = async (...files: readonly string[]): Promise<readonly string[]> => {
    const made = asSessionsFolder(await load(folder(...files)))
    return isRefusal(made) ? [made.refused] : [...made.parts.values()].map(({ path }) => path)
  }
  expect(await named('bert.onnx', 'config.json')).toEqual(['onnx/model.onnx'])
  expect(await named('vision_model.onnx')).toEqual(['onnx/vision_model.onnx'])
  expect(await named('encoder_model.onnx', 'decoder_model.onnx')).toEqual([
    'onnx/decoder_model.onnx',
    'onnx/encoder_model.onnx',
  ])
  expect(await named('onnx/a.onnx')).toEqual(['onnx/a.onnx'])
  expect((await named('unet/model.onnx', 'vae_decoder/model.onnx'))[0]).toMatch(/has parts in folders of their own \("unet\/model\.onnx"\)/) // prettier-ignore
})

test('a session that a variant leaves as it is stays where it lies', async () => {
  const place = join(await emptyFolder(), 'm')
  const read = await load(folder('onnx/encoder_model.onnx', 'onnx/decoder_model.onnx', 'config.json'))
  await save(read, place)
  const model = await load(place)
  const variant = 'q4@decoder_model'
  const { files } = await save(renamed(model, 'decoder_model'), place, { variant })
  expect([...files.keys()]).toEqual(['onnx/decoder_model_q4.onnx', `damson.${variant}.json`])
  const again = await load(place, { variant })
  expect(again.part('decoder_model').graph.nodes[0]?.name).toBe('changed')
  expect(again.part('encoder_model').graph.nodes[0]?.name).toBe('')
  expect([...again.files.keys()]).toEqual(['config.json'])
  await expect(load(place, { variant: 'q4' })).rejects.toThrow(/encoder_model has no such file/)
  await expect(load(place, { variant: 'q4@decoder' })).rejects.toThrow(/one of the sessions .*got "decoder"/)
  // The same session cannot be read and written at once.
  await expect(save(renamed(model, 'encoder_model'), place, { variant: 'fp32' })).rejects.toMatchObject({ code: 'invalid-output' }) // prettier-ignore
})

test('a file that tells of all variants is written anew, and every record stays true', async () => {
  const place = join(await emptyFolder(), 'm')
  const model = await load(folder('onnx/model.onnx', 'config.json', 'tokenizer.json'))
  await save(model, place)
  await save(renamed(model, 'model'), place, { variant: 'q4' })
  await amendFolder(place, new Map([['config.json', '{"a":1}\n'], ['quantize_config.json', '{}\n']])) // prettier-ignore
  expect(await readFile(join(place, 'config.json'), 'utf8')).toBe('{"a":1}\n')
  expect(await readFile(join(place, 'quantize_config.json'), 'utf8')).toBe('{}\n')
  await load(place)
  await load(place, { variant: 'q4' })
  await writeFile(join(place, 'config.json'), '{"b":2}\n')
  await expect(load(place)).rejects.toThrow(/config\.json/)
  await amendFolder(place, new Map([['config.json', '{"c":3}\n']]))
  await expect(load(place)).rejects.toThrow(/config\.json/)
})
