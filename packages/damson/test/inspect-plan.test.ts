// inspect, plan, algorithms, help and every refusal, as the user sees them.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requireZoo } from '@damson/zoo'
import { describe, expect, test } from 'vitest'
import { emptyFolder } from './model-folders.ts'
import { damson } from './run-command.ts'

const emoji = requireZoo('emoji/emoji-unet')
const bert = requireZoo('fixtures/bert-tiny-ts')
const here = process.cwd()

describe('inspect', () => {
  test('says what is in every part, and who accepts it or why not', async () => {
    const { code, out, notes } = await damson(here, 'inspect', emoji)
    expect({ code, notes }).toEqual({ code: 0, notes: '' })
    expect(out).toMatch(/unet +denoiser +17 +3312 +6\.16 M +24\.6 MB +loop:denoise/)
    expect(out).toMatch(/inputs +sample float32\[batch_size, 4, height, width\]/)
    expect(out).toMatch(/operators +Constant 89, Unsqueeze 33/)
    expect(out).toMatch(/unet +yes +deep-cache, taylor-seer +\d+ nodes/)
    expect(out).toMatch(/vae_decoder +no +auto-bits, awq, .* nothing to code; .* belongs to a convolution/)
    expect(out).toMatch(/text_encoder +no +adaptive-cache, auto-cache, .* has the role "text-encoder"/)
    expect(out).toContain('12 other files (177 kB) are carried along')
  })
  test('the same as one JSON document', async () => {
    const { code, out, notes } = await damson(here, 'inspect', bert, '--json')
    expect({ code, notes }).toEqual({ code: 0, notes: '' })
    const found = JSON.parse(out)
    expect(found.layout).toBe('folder')
    expect(found.parts).toHaveLength(1)
    expect(found.parts[0]).toMatchObject({
      part: 'model',
      nodes: expect.any(Number),
      weights: { float32: {} },
    })
    expect(found.files).toEqual([{ path: 'config.json', bytes: expect.any(Number) }])
    expect(found.algorithms).toContainEqual({
      part: 'model', algorithm: '@damson/quantizers/weight-only', name: 'weight-only', accepts: true,
      says: expect.stringMatching(/^\d+ weights \(\d+ kB\), \d+ nodes$/),
    }) // prettier-ignore
  })
})

test('algorithms that say the same of a part share a row, those that accept it first', async () => {
  const { out } = await damson(here, 'inspect', bert)
  const rows = out.slice(out.indexOf('Algorithms')).split('\n').slice(2)
  const answers = rows.flatMap(row => /^  model +(yes|no) /.exec(row)?.[1] ?? [])
  expect(answers.lastIndexOf('yes')).toBeLessThan(answers.indexOf('no'))
  expect(rows.filter(row => row.includes('only a denoiser is run once a step'))).toHaveLength(1)
})

describe('inspect --fp16', () => {
  test('says which values leave the range, on made-up samples, and says that they are', async () => {
    const { code, out, notes } = await damson(here, 'inspect', bert, '--fp16')
    expect({ code, notes }).toEqual({ code: 0, notes: '' })
    expect(out).toMatch(/\d+ nodes on halves, \d+ in fp32; ranges of \d+ values on 4 samples, made up/)
    expect(out).toContain('nothing leaves the range of a half')
  })
  test('the same as one JSON document', async () => {
    const { out } = await damson(here, 'inspect', bert, '--fp16', '--json')
    expect(JSON.parse(out)).toEqual([
      {
        part: 'model',
        feeds: { kind: 'generated', count: 4 },
        report: expect.objectContaining({ guard: 'calibrated', islands: [], unfit: [], unmeasured: 0 }),
      },
    ])
  })
})

describe('plan', () => {
  test('two quantizers on one part conflict, and everything about it is said', async () => {
    const steps = ['--with', 'weight-only:bits=4@unet', '--with', 'dynamic-int8@unet']
    const { code, out } = await damson(here, 'plan', emoji, ...steps)
    expect(code).toBe(3)
    expect(out).toMatch(/conflict: .*weight-only and .*dynamic-int8 both need weight:float32 in "unet"/)
    expect(out).toContain('/m/time_embedding/linear_1/Gemm')
    const [, suggestion = ''] = /try: (.*)/.exec(out) ?? []
    const alternative = suggestion.split(/, (?=[@\w-]+[:@,]|\{)/).flatMap(step => ['--with', step])
    expect(alternative).toHaveLength(4)
    expect((await damson(here, 'plan', emoji, ...alternative)).code).toBe(0)
  })
  test('the conflict as data', async () => {
    const { code, out } = await damson(here, 'plan', emoji, '-w', 'weight-only@unet', '-w', 'dynamic-int8@unet', '--json') // prettier-ignore
    expect(code).toBe(3)
    const { conflicts } = JSON.parse(out)
    expect(conflicts[0]).toMatchObject({ code: 'conflict', fact: 'weight:float32', part: 'unet' })
    expect(conflicts[0].steps).toEqual(['@damson/quantizers/weight-only', '@damson/quantizers/dynamic-int8'])
    expect(conflicts[0].nodes.length).toBeGreaterThan(2)
    expect(conflicts[0].suggestion.steps).toHaveLength(2)
  })
  test.each([
    ['two parts', ['weight-only:bits=4@unet', 'dynamic-int8@text_encoder']],
    ['disjoint globs of a part', ['weight-only@unet#/m/down_blocks*', 'dynamic-int8@unet#/m/up_blocks*']],
    ['a glob and the rest', ['weight-only@unet#/m/down_blocks*', 'dynamic-int8@rest']],
  ])('%s are a plan', async (_, steps) => {
    const { code, out } = await damson(here, 'plan', emoji, ...steps.flatMap(step => ['--with', step]))
    expect(code).toBe(0)
    expect(out).toMatch(/1\. .*\n(.*\n)+2\. /)
    expect(out).toMatch(/unet: 24\.6 MB → \d/)
  })
  test('--in-order refuses a wrong order with the reason', async () => {
    const folder = await emptyFolder()
    await writeFile(join(folder, 'soften.mjs'), softenModule)
    const steps = (...list: readonly string[]): readonly string[] => list.flatMap(step => ['--with', step])
    const plan = (...args: readonly string[]) =>
      damson(folder, 'plan', bert, '--use', './soften.mjs', ...args)
    const wrong = steps('weight-only', 'soften')
    const refused = await plan(...wrong, '--in-order')
    expect(refused.code).toBe(3)
    expect(refused.out).toMatch(
      /order: .*weight-only before .*soften.*takes weight:float, which .*soften needs/,
    )
    expect(refused.out).toContain('try: soften, weight-only')
    expect((await plan(...steps('soften', 'weight-only'), '--in-order')).code).toBe(0)
    const free = await plan(...wrong)
    expect(free.code).toBe(0)
    expect(free.out).toMatch(/1\. soften[^]*2\. weight-only/)
  })
  test('a recipe goes out and comes back', async () => {
    const folder = await emptyFolder()
    const written = await damson(folder, 'plan', bert, '--with', 'weight-only:bits=8@#op:MatMul', '--write', 'r.json')
    expect(written).toMatchObject({ code: 0, notes: 'Wrote the recipe to r.json\n' })
    const recipe = JSON.parse(await readFile(join(folder, 'r.json'), 'utf8'))
    expect(recipe.steps[0]).toMatchObject({ version: 1, params: { bits: 8, blockSize: 32 }, on: { include: ['op:MatMul'] } })
    const again = await damson(folder, 'plan', bert, '--recipe', 'r.json')
    expect(again).toMatchObject({ code: 0, out: written.out })
  }) // prettier-ignore
  test('without steps there is nothing to do', async () => {
    expect(await damson(here, 'plan', bert)).toEqual({
      code: 0,
      out: 'No steps: the model stays as it is.\n',
      notes: '',
    })
  })
})

/** An algorithm from outside that only moves numbers, so it has to come before a quantizer. */
const softenModule = `
import { defineAlgorithm } from '${import.meta.resolve('@damson/core')}'
import { weights } from '${import.meta.resolve('@damson/graph')}'
const floats = graph => weights(graph).filter(({ tensor }) => tensor.dtype === 'float32' && tensor.shape.length === 2)
export const soften = defineAlgorithm({
  id: 'outside/soften', version: 1, summary: 'Softens.', params: {}, contract: { needs: ['weight:float'] },
  groups: part => floats(part.graph).map(weight => ({ sites: [{ weight }], needs: ['weight:float'], changes: true })),
  rewrite: model => model,
})
`

describe('algorithms and help', () => {
  test('the catalogue, with what --use brings', async () => {
    const folder = await emptyFolder()
    await writeFile(join(folder, 'soften.mjs'), softenModule)
    const { code, out } = await damson(folder, 'algorithms', '--use', './soften.mjs')
    expect(code).toBe(0)
    for (const text of ['weight-only  @damson', 'bits=4  one of 2, 4, 8', 'soften  outside/soften', 'Presets', 'q4  '])
      expect(out).toContain(text)
    const listed = JSON.parse((await damson(folder, 'algorithms', '--json')).out)
    expect(listed.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['weight-only', 'dynamic-int8', 'periodic-cache']),
    )
  }) // prettier-ignore
  test.each([[], ['inspect'], ['plan'], ['smash'], ['compare'], ['algorithms']])(
    'help of %s shows examples',
    async (...command) => {
      const { code, out } = await damson(here, ...command, '--help')
      expect(code).toBe(0)
      expect(out).toMatch(/Usage: damson [^]*Examples:\n {2}\$ damson /)
    },
  )
})

describe('what is wrong is said', () => {
  const wrong: readonly (readonly [string, readonly string[], number, RegExp])[] = [
    ['a command', ['smsh', bert], 2, /unknown command 'smsh'\n\(Did you mean smash\?\)/],
    ['a step as a second model', ['plan', bert, 'weight-only'], 2, /too many arguments.*\n\(damson plan --help shows what it takes; a step is given with --with\)/],
    ['an option', ['plan', bert, '--wiht', 'x'], 2, /unknown option '--wiht'\n\(Did you mean --with\?\)/],
    ['no output', ['smash', bert], 2, /'-o, --out <path>' not specified/],
    ['an algorithm', ['plan', bert, '--with', 'weight-onl'], 2, /got "weight-onl"\. Did you mean "weight-only"\?/],
    ['a parameter', ['plan', bert, '--with', 'weight-only:bit=4'], 2, /one of the parameters bits, blockSize, .*got "bit"/],
    ['a value', ['plan', bert, '--with', 'weight-only:bits=5'], 2, /"bits" expects one of 2, 4, 8, got "5"/],
    ['a step', ['plan', bert, '--with', 'weight-only:bits'], 2, /"bits" is not like bits=4/],
    ['JSON', ['plan', bert, '--with', '{"use":'], 2, /Expected a step as JSON/],
    ['a part', ['plan', bert, '--with', 'weight-only@modl'], 3, /the parts model\. Did you mean "model"\?/],
    ['a glob', ['plan', bert, '--with', 'weight-only@#none*'], 3, /matches "none\*"\. Names there look like \//],
    ['a preset', ['plan', bert, '--preset', 'q5'], 2, /Expected presets among fp32, .*, got "q5"/],
    ['a machine', ['plan', bert, '--target', 'gpu'], 2, /'gpu' is invalid\. Allowed choices are cpu, /],
    ['a module', ['plan', bert, '--use', './none.mjs'], 2, /--use \.\/none\.mjs: expected a module that can be imported/],
    ['an empty module', ['plan', bert, '--use', 'vitest/package.json'], 2, /--use vitest\/package.json: expected a module/],
    ['a recipe', ['plan', bert, '--recipe', 'none.json'], 1, /Expected to read the file ".*none\.json"/],
    ['a file', ['inspect', 'none.onnx'], 1, /Expected the file "none\.onnx"/],
    ['a folder', ['inspect', './none'], 1, /^error: Expected a folder at \S*none, but there is none\.\n$/],
    ['a variant', ['inspect', bert, '--variant', 'q4'], 2, /Expected a variant of "bert-tiny-ts", got "q4"; it has no variants/],
    ['a variant to write', ['smash', bert, '--variant', 'q4', '-o', './y'], 2, /Variants belong to transformers\.js folders/],
    ['a file for many parts', ['smash', emoji, '-o', './x.onnx'], 2, /Expected a folder to write the 4 parts text_encoder, /],
    ['other parts', ['compare', bert, emoji], 1, /".*emoji-unet" has .*, but no model/],
    ['a number', ['compare', bert, bert, '--generated', 'x'], 2, /argument 'x' is invalid\. Expected a whole number/],
  ] // prettier-ignore
  test.each(wrong)('%s', async (_, args, code, says) => {
    const ran = await damson(await emptyFolder(), ...args)
    expect(ran.code).toBe(code)
    expect(ran.out + ran.notes).toMatch(says)
    expect(ran.notes).not.toMatch(/\n +at /)
  })
  test.each(wrong)('%s, as one JSON document', async (_, args, code) => {
    const ran = await damson(await emptyFolder(), ...args, '--json')
    expect(ran.code).toBe(code)
    const document = JSON.parse(ran.out)
    expect(code === 3 ? document.conflicts : document.error).toBeDefined()
  })
  test('an empty folder', async () => {
    const folder = await emptyFolder()
    await mkdir(join(folder, 'empty'))
    const { code, notes } = await damson(folder, 'inspect', './empty')
    expect(code).toBe(1)
    expect(notes).toContain('Expected .onnx files in "empty"')
  })
})
