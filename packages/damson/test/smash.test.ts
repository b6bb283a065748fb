// smash on files and folders: what is written, what is left alone, and that it cannot be changed unnoticed.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { contentOf, flipBit, folderWith, transformersFolder } from './model-folders.ts'
import { damson } from './run-command.ts'

const fixture = 'fixtures/bert-tiny-ts'

describe('a folder', () => {
  test('keeps its layout and its other files', async () => {
    const folder = await folderWith(fixture, 'bert')
    const before = await contentOf(join(folder, 'bert'))
    const { code, out } = await damson(folder, 'smash', 'bert', '--with', 'weight-only:bits=8', '-o', 'out', '--no-verify') // prettier-ignore
    expect(code).toBe(0)
    expect(out).toMatch(/^Plan\n1\. weight-only:bits=8\n[^]*Wrote out: 3 files, \d+ kB\n/)
    expect(out).toContain('quality and speed are unmeasured')
    const written = await contentOf(join(folder, 'out'))
    expect(Object.keys(written)).toEqual(['config.json', 'damson.json', 'model.onnx'])
    expect(written['config.json']).toBe(before['config.json'])
    expect(written['model.onnx']).not.toBe(before['model.onnx'])
    expect(await contentOf(join(folder, 'bert'))).toEqual(before)
  })
  test('without steps is written byte for byte', async () => {
    const folder = await folderWith(fixture, 'bert')
    expect(await damson(folder, 'smash', 'bert', '-o', 'out', '--no-verify')).toMatchObject({ code: 0 })
    const { 'damson.json': record, ...written } = await contentOf(join(folder, 'out'))
    expect(record).toBeDefined()
    expect(written).toEqual(await contentOf(join(folder, 'bert')))
  })
  test('with external data, too', async () => {
    const folder = await folderWith('fixtures/bert-tiny-extdata', 'bert')
    expect(await damson(folder, 'smash', 'bert', '-o', 'out', '--no-verify')).toMatchObject({ code: 0 })
    const { 'damson.json': _, ...written } = await contentOf(join(folder, 'out'))
    expect(written).toEqual(await contentOf(join(folder, 'bert')))
  })
  test('is not written over itself', async () => {
    const folder = await folderWith(fixture, 'bert')
    const before = await contentOf(folder)
    const { code, notes } = await damson(folder, 'smash', 'bert', '--with', 'weight-only', '-o', 'bert', '--no-verify') // prettier-ignore
    expect(code).toBe(2)
    expect(notes).toMatch(/Expected another place than the model itself: "model\.onnx"/)
    expect(await contentOf(folder)).toEqual(before)
  })
  test('a conflict writes nothing', async () => {
    const folder = await folderWith(fixture, 'bert')
    const before = await contentOf(folder)
    const { code, notes, out } = await damson(folder, 'smash', 'bert', '-w', 'weight-only', '-w', 'dynamic-int8', '-o', 'out') // prettier-ignore
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(notes).toMatch(/^The steps do not go together; nothing was written\.[^]*both need weight:float/)
    expect(await contentOf(folder)).toEqual(before)
  })
})

describe('a file', () => {
  test('stays one file with its record beside it', async () => {
    const folder = await folderWith(`${fixture}/model.onnx`, 'bert.onnx')
    const args = ['smash', 'bert.onnx', '--with', 'weight-only', '-o', 'small.onnx', '--no-verify']
    expect(await damson(folder, ...args)).toMatchObject({ code: 0 })
    const files = Object.keys(await contentOf(folder))
    expect(files).toEqual(['bert.onnx', 'small.damson.json', 'small.onnx'])
    const { applied } = JSON.parse((await damson(folder, 'inspect', 'small.onnx', '--json')).out)
    expect(applied).toEqual(['@damson/quantizers/weight-only'])
  })
  test('without steps is written byte for byte', async () => {
    const folder = await folderWith(`${fixture}/model.onnx`, 'bert.onnx')
    expect(await damson(folder, 'smash', 'bert.onnx', '-o', 'same.onnx', '--no-verify')).toMatchObject({ code: 0 }) // prettier-ignore
    const { 'bert.onnx': before, 'same.onnx': after } = await contentOf(folder)
    expect(after).toBe(before)
  })
  test('same seed, same bytes; a recipe gives the bytes of its steps', async () => {
    const folder = await folderWith(`${fixture}/model.onnx`, 'bert.onnx')
    const step = 'weight-only:bits=8,symmetric=true'
    await damson(folder, 'plan', 'bert.onnx', '--with', step, '--write', 'recipe.json')
    const smash = (...args: readonly string[]) => damson(folder, 'smash', 'bert.onnx', '--no-verify', ...args)
    expect(await smash('--with', step, '-o', 'one.onnx')).toMatchObject({ code: 0 })
    expect(await smash('--with', step, '-o', 'two.onnx')).toMatchObject({ code: 0 })
    expect(await smash('--recipe', 'recipe.json', '-o', 'three.onnx')).toMatchObject({ code: 0 })
    const written = await contentOf(folder)
    expect(written['two.onnx']).toBe(written['one.onnx'])
    expect(written['three.onnx']).toBe(written['one.onnx'])
  })
})

describe('a transformers.js folder', () => {
  test('a preset adds its variant and touches no other file', async () => {
    const folder = await transformersFolder()
    const before = await contentOf(join(folder, 'bert'))
    const { code, out } = await damson(folder, 'smash', 'bert', '--preset', 'q4', '-o', 'bert', '--no-verify')
    expect(code).toBe(0)
    expect(out).toMatch(/Wrote bert: 2 files, .*, and updated quantize_config\.json\n/)
    const after = await contentOf(join(folder, 'bert'))
    expect(Object.keys(after).filter(file => !(file in before))).toEqual([
      'damson.q4.json',
      'onnx/model_q4.onnx',
      'quantize_config.json',
    ])
    expect(after).toMatchObject(before)
  })
  test('variants are read by name', async () => {
    const folder = await transformersFolder()
    await damson(folder, 'smash', 'bert', '--preset', 'int8', '-o', 'bert', '--no-verify')
    const read = async (...args: readonly string[]) => JSON.parse((await damson(folder, 'inspect', 'bert', '--json', ...args)).out) // prettier-ignore
    expect((await read('--variant', 'int8')).applied).toEqual(['@damson/quantizers/dynamic-int8'])
    expect((await read()).applied).toEqual([])
    const { code, notes } = await damson(folder, 'inspect', 'bert', '--variant', 'q4')
    expect(code).toBe(2)
    expect(notes).toMatch(/got "q4"; it has fp32, int8/)
  })
})

describe('a changed byte is noticed', () => {
  test.each(['config.json', 'damson.json', 'model.onnx'])('in %s', async file => {
    const folder = await folderWith(fixture, 'bert')
    await damson(folder, 'smash', 'bert', '--with', 'weight-only', '-o', 'out', '--no-verify')
    expect(await damson(folder, 'inspect', 'out')).toMatchObject({ code: 0 })
    await flipBit(join(folder, 'out', file))
    const { code, notes } = await damson(folder, 'inspect', 'out')
    expect(code).toBe(1)
    expect(notes).toContain(file)
  })
  test('a truncated file and a missing one', async () => {
    const folder = await folderWith(`${fixture}/model.onnx`, 'bert.onnx')
    await damson(folder, 'smash', 'bert.onnx', '--with', 'weight-only', '-o', 'small.onnx', '--no-verify')
    const model = join(folder, 'small.onnx')
    await writeFile(model, (await readFile(model)).subarray(0, -1))
    const { code, notes } = await damson(folder, 'inspect', 'small.onnx')
    expect(code).toBe(1)
    expect(notes).toContain('small.onnx')
  })
})
