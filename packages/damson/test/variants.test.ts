// Several variants in one folder: which files, what config.json says, and what is refused before anything is written.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requireZoo } from '@damson/zoo'
import { describe, expect, test } from 'vitest'
import { contentOf, folderWith, transformersFolder } from './model-folders.ts'
import { damson } from './run-command.ts'

const json = async (...path: readonly string[]) => JSON.parse(await readFile(join(...path), 'utf8'))
const fixture = 'fixtures/bert-tiny-ts'

/** An encoder and a decoder side by side. */
async function seq2seq(): Promise<string> {
  const folder = await folderWith('fixtures/t5-tiny', 't5')
  for (const name of ['decoder_model', 'decoder_with_past_model']) await rm(join(folder, `t5/${name}.onnx`))
  return folder
}

describe('a list of presets', () => {
  test('writes the variants into one folder', async () => {
    const folder = await folderWith(fixture, 'bert')
    const before = await contentOf(join(folder, 'bert'))
    const { code, out } = await damson(folder, 'smash', 'bert', '--preset', 'fp32,q8,q4', '-o', 'out', '--no-verify')
    expect(code).toBe(0)
    expect(out).toMatch(/Plan\nq8\n1\. dynamic-int8[^]*Plan\nq4\n1\. weight-only/)
    const written = await contentOf(join(folder, 'out'))
    expect(Object.keys(written)).toEqual([
      'config.json', 'damson.fp32.json', 'damson.q4.json', 'damson.q8.json',
      'onnx/model.onnx', 'onnx/model_q4.onnx', 'onnx/model_quantized.onnx', 'quantize_config.json',
    ])
    expect(written['onnx/model.onnx']).toBe(before['model.onnx'])
    expect(written['config.json']).toBe(before['config.json'])
    expect(await json(folder, 'out/quantize_config.json')).toEqual({
      modes: ['q8', 'q4'], per_channel: true, reduce_range: false, block_size: 32, is_symmetric: true,
      accuracy_level: null, quant_type: null, op_block_list: null,
    })
    for (const variant of ['fp32', 'q8', 'q4'])
      expect(await damson(folder, 'inspect', 'out', '--variant', variant)).toMatchObject({ code: 0 })
    const alone = await damson(folder, 'smash', 'bert', '--preset', 'q4', '-o', 'alone', '--no-verify')
    expect(alone.code).toBe(0)
    expect((await contentOf(join(folder, 'alone')))['onnx/model_q4.onnx']).toBe(written['onnx/model_q4.onnx'])
  }) // prettier-ignore
  test('of a file, with what lies beside it', async () => {
    const folder = await folderWith(fixture, 'bert')
    await writeFile(join(folder, 'bert/tokenizer.json'), '{}')
    await writeFile(join(folder, 'bert/holiday.jpg'), 'no file of the model')
    const { code } = await damson(folder, 'smash', 'bert/model.onnx', '--preset', 'fp32,q2', '-o', 'out', '--no-verify') // prettier-ignore
    expect(code).toBe(0)
    expect(Object.keys(await contentOf(join(folder, 'out')))).toEqual([
      'config.json', 'damson.fp32.json', 'damson.q2.json', 'onnx/model.onnx', 'onnx/model_q2.onnx',
      'quantize_config.json', 'tokenizer.json',
    ]) // prettier-ignore
  })
  test('of a file without configuration: said, since transformers.js opens nothing then', async () => {
    const folder = await folderWith(`${fixture}/model.onnx`, 'bert.onnx')
    const { code, notes } = await damson(folder, 'smash', 'bert.onnx', '--preset', 'q4', '-o', 'out', '--no-verify') // prettier-ignore
    expect(code).toBe(0)
    expect(notes).toContain('"out" has no config.json, without which transformers.js opens nothing')
  })
  test('as one JSON document', async () => {
    const folder = await folderWith(fixture, 'bert')
    const { out } = await damson(folder, 'smash', 'bert', '--preset', 'q8,q4', '-o', 'out', '--no-verify', '--json') // prettier-ignore
    const { variants } = JSON.parse(out)
    expect(variants.map(({ name }: { name: string }) => name)).toEqual(['q8', 'q4'])
    expect(Object.keys(variants[0].files)).toContain('onnx/model_quantized.onnx')
    expect(variants[0].amended).toEqual(['config.json', 'quantize_config.json'])
    expect(variants[1].plan.steps).toHaveLength(1)
  })
  test('plans each', async () => {
    const folder = await folderWith(fixture, 'bert')
    const { code, out } = await damson(folder, 'plan', 'bert', '--preset', 'q8,q2')
    expect(code).toBe(0)
    expect(out).toMatch(
      /^q8\n1\. dynamic-int8[^]*\n\nq2\n1\. weight-only:bits=2,embeddings=false\n[^]*2\. weight-only@rest/,
    )
  })
})

describe('a step for what others leave', () => {
  test.each(['q2', 'q2@model'])('is left out where they leave nothing: %s', async preset => {
    const plan = (model: string) => damson('.', 'plan', requireZoo(model), '--preset', preset)
    expect((await plan('fixtures/bert-tiny-ts')).out).toMatch(/\n2\. /)
    const without = await plan('fixtures/vit-tiny')
    expect(without.code).toBe(0)
    expect(without.out).not.toMatch(/\n2\. /)
  })
})

describe('without fp32 files', () => {
  test('config.json names what there is, and keeps it', async () => {
    const folder = await folderWith(fixture, 'bert')
    const smash = (presets: string) => damson(folder, 'smash', 'bert', '--preset', presets, '-o', 'out', '--no-verify')
    expect(await smash('q8')).toMatchObject({ code: 0 })
    const config = await json(folder, 'out/config.json')
    expect(config).toEqual({ ...(await json(folder, 'bert/config.json')), 'transformers.js_config': { dtype: 'q8' } })
    expect(await smash('q4')).toMatchObject({ code: 0 })
    expect(await json(folder, 'out/config.json')).toEqual(config)
    expect(await damson(folder, 'inspect', 'out', '--variant', 'q8')).toMatchObject({ code: 0 })
  }) // prettier-ignore
})

describe('one dtype a session', () => {
  test('is one variant; sessions that are not named stay as they are', async () => {
    const folder = await seq2seq()
    const { code } = await damson(folder, 'smash', 't5', '--preset', 'q4@decoder_model_merged', '-o', 'out', '--no-verify') // prettier-ignore
    expect(code).toBe(0)
    const written = await contentOf(join(folder, 'out'))
    expect(Object.keys(written)).toEqual([
      'config.json', 'damson.q4@decoder_model_merged.json', 'onnx/decoder_model_merged_q4.onnx',
      'onnx/encoder_model.onnx', 'quantize_config.json',
    ]) // prettier-ignore
    expect(written['onnx/encoder_model.onnx']).toBe((await contentOf(folder))['t5/encoder_model.onnx'])
    const { 'transformers.js_config': settings } = await json(folder, 'out/config.json')
    expect(settings).toEqual({ dtype: { encoder_model: 'fp32', decoder_model_merged: 'q4' } })
    const read = await damson(folder, 'inspect', 'out', '--variant', 'q4@decoder_model_merged', '--json')
    expect(JSON.parse(read.out).parts).toHaveLength(2)
  })
  test('a folder without variants keeps its layout', async () => {
    const folder = await folderWith('fixtures/sd15-tiny-ts', 'sd')
    const { code } = await damson(folder, 'smash', 'sd', '--preset', 'q8@unet', '-o', 'out', '--no-verify')
    expect(code).toBe(0)
    const [before, after] = [await contentOf(join(folder, 'sd')), await contentOf(join(folder, 'out'))]
    const changed = Object.keys(after).filter(file => after[file] !== before[file])
    expect(changed).toEqual(['damson.json', 'unet/model.onnx'])
  })
  test('is added where the sessions lie', async () => {
    const folder = await seq2seq()
    await damson(folder, 'smash', 't5', '--preset', 'fp32', '-o', 'out', '--no-verify')
    const before = await contentOf(join(folder, 'out'))
    const { code } = await damson(folder, 'smash', 'out', '--preset', 'q8@encoder_model,q4@decoder_model_merged', '-o', 'out', '--no-verify') // prettier-ignore
    expect(code).toBe(0)
    const { 'config.json': _, 'damson.fp32.json': __, ...kept } = before
    const after = await contentOf(join(folder, 'out'))
    expect(after).toMatchObject(kept)
    expect(Object.keys(after).filter(file => !(file in before))).toEqual([
      'damson.q8@encoder_model,q4@decoder_model_merged.json', 'onnx/decoder_model_merged_q4.onnx',
      'onnx/encoder_model_quantized.onnx', 'quantize_config.json',
    ]) // prettier-ignore
    // The configuration changed, and the records of both variants know it.
    expect(await damson(folder, 'inspect', 'out')).toMatchObject({ code: 0 })
  })
})

describe('external data', () => {
  test('is counted in config.json, file by file', async () => {
    const folder = await folderWith('fixtures/bert-tiny-extdata', 'source')
    const bert = join(folder, 'bert')
    await mkdir(join(bert, 'onnx'), { recursive: true })
    for (const file of ['model.onnx', 'model.onnx_data'])
      await writeFile(join(bert, 'onnx', file), await readFile(join(folder, 'source', file)))
    const config = { model_type: 'bert', 'transformers.js_config': { use_external_data_format: true } }
    await writeFile(join(bert, 'config.json'), JSON.stringify(config))
    const { code } = await damson(folder, 'smash', 'bert', '--preset', 'q4', '-o', 'bert', '--no-verify')
    expect(code).toBe(0)
    const { 'transformers.js_config': settings } = await json(bert, 'config.json')
    expect(settings).toEqual({ use_external_data_format: { model: true, 'model_q4.onnx': 0 } })
  })
})

describe('what is refused', () => {
  test.each([
    ['fp99', /Expected presets among fp32, .*got "fp99"/],
    ['q4,q4', /"q4" is given twice/],
    ['q4@model,q8@model', /the session "model" has two dtypes/],
    ['q4@', /the place of a preset is a list of sessions/],
    ['q4@model#/layer*', /the place of a preset is a list of sessions/],
  ])('the presets %s', async (presets, says) => {
    const folder = await transformersFolder()
    const { code, notes } = await damson(folder, 'smash', 'bert', '--preset', presets, '-o', 'out', '--no-verify')
    expect(code).toBe(2)
    expect(notes).toMatch(says)
  }) // prettier-ignore
  test('a file for several variants, a folder layout that has none, two recipes in one file', async () => {
    const folder = await folderWith('emoji/emoji-unet', 'emoji')
    const refused = async (...args: readonly string[]) => {
      const { code, notes } = await damson(folder, ...args)
      expect(code).toBe(2)
      return notes
    }
    expect(await refused('smash', 'emoji', '--preset', 'q8,q4', '-o', 'a.onnx')).toMatch(/Expected a folder to write the variants q8, q4 into/) // prettier-ignore
    expect(await refused('smash', 'emoji', '--preset', 'q8,q4', '-o', 'out')).toMatch(/this model has parts in folders of their own \("text_encoder\/model\.onnx"\)/) // prettier-ignore
    expect(await refused('smash', 'emoji', '--preset', 'q8,q4', '--variant', 'q4', '-o', 'out')).toMatch(/Expected one preset with --variant q4/) // prettier-ignore
    expect(await refused('plan', 'emoji', '--preset', 'q8,q4', '--write', 'r.json')).toMatch(/Expected one preset with --write/) // prettier-ignore
  })
  test('a conflict in one of them writes none', async () => {
    const folder = await transformersFolder()
    const { code, notes } = await damson(folder, 'smash', 'bert', '--preset', 'fp32,q4', '-w', 'dynamic-int8', '-o', 'out') // prettier-ignore
    expect(code).toBe(3)
    expect(notes).toMatch(/nothing was written\.\n\nq4\n[^]*both need weight:float/)
    await expect(readFile(join(folder, 'out'))).rejects.toMatchObject({ code: 'ENOENT' })
  })
})
