// --samples in every format: what steps are fitted on, what is held out, and what is said when a sample is wrong.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { load } from '@damson/core'
import { requireZoo } from '@damson/zoo'
import { describe, expect, test } from 'vitest'
import { cutOf, divideSamples } from '../src/samples/divided-samples.node.ts'
import { openSamples } from '../src/samples/open-samples.node.ts'
import { emptyFolder, folderWith } from './model-folders.ts'
import { damson } from './run-command.ts'

const bert = await load(requireZoo('fixtures/bert-tiny-ts'))
const names = ['input_ids', 'attention_mask', 'token_type_ids']

/** One row of ids that tells which sample it is. */
const row = (first: number): readonly number[] => [first, 5, 3]
const lineOf = (first: number, extra: object = {}): string =>
  JSON.stringify({ inputs: { input_ids: [row(first)], attention_mask: [[1, 1, 1]], token_type_ids: [[0, 0, 0]] }, ...extra }) // prettier-ignore

/** A .npy file of int64 numbers. */
function npy(shape: readonly number[], values: readonly number[]): Uint8Array {
  const text = `{'descr': '<i8', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`
  const header = text.padEnd(Math.ceil((10 + text.length + 1) / 64) * 64 - 11) + '\n'
  const bytes = new Uint8Array(10 + header.length + 8 * values.length)
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, header.length & 255, header.length >> 8])
  bytes.set(new TextEncoder().encode(header), 10)
  bytes.set(new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer), 10 + header.length)
  return bytes
}

/** A safetensors file of int64 rows. */
function safetensors(rows: Readonly<Record<string, readonly number[]>>): Uint8Array {
  let at = 0
  const entries = Object.entries(rows).map(([name, values]) => [name, { dtype: 'I64', shape: [1, values.length], data_offsets: [at, (at += 8 * values.length)] }]) // prettier-ignore
  const header = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)))
  const data = BigInt64Array.from(Object.values(rows).flat().map(BigInt))
  const bytes = new Uint8Array(8 + header.length + data.byteLength)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true)
  bytes.set(header, 8)
  bytes.set(new Uint8Array(data.buffer), 8 + header.length)
  return bytes
}

/** The first id of every sample, in order. */
async function firstIds(path: string): Promise<readonly number[]> {
  const { groups, slice } = await openSamples(path, bert)
  const ids: number[] = []
  for await (const { part, feeds } of slice('model', 0, groups.get('model')?.length ?? 0)) {
    expect(part).toBe('model')
    expect(feeds['input_ids']?.shape).toEqual([1, 3])
    ids.push(Number(feeds['input_ids']?.data[0]))
  }
  return ids
}

describe('formats', () => {
  test('JSON lines, with and without the part', async () => {
    const path = join(await emptyFolder(), 's.jsonl')
    await writeFile(path, `\uFEFF${lineOf(1)}\r\n\n${lineOf(2, { part: 'model' })}\n${lineOf(3)}`)
    expect(await firstIds(path)).toEqual([1, 2, 3])
  })
  test('a folder of .npy, by number of the sample', async () => {
    const folder = await emptyFolder()
    for (const first of [2, 10, 1]) {
      await mkdir(join(folder, `${first}/model`), { recursive: true })
      for (const name of names) await writeFile(join(folder, `${first}/model/${name}.npy`), npy([1, 3], row(first))) // prettier-ignore
    }
    expect(await firstIds(folder)).toEqual([1, 2, 10])
  })
  test('.safetensors, and a folder of them', async () => {
    const folder = await emptyFolder()
    const one = Object.fromEntries(names.map(name => [name, row(7)]))
    await writeFile(join(folder, '1.safetensors'), safetensors(one))
    expect(await firstIds(join(folder, '1.safetensors'))).toEqual([7])
    const two = [8, 9].flatMap(first => names.map(name => [`${first}/model/${name}`, row(first)]))
    await writeFile(join(folder, '2.safetensors'), safetensors(Object.fromEntries(two)))
    expect(await firstIds(folder)).toEqual([7, 8, 9])
  })
})

describe('what is wrong is said with its place', () => {
  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['JSON', '{"inputs":', /s\.jsonl:2: expected JSON/],
    ['a list', '[1]', /s\.jsonl:2: expected an object, got \[1\]/],
    ['a key', '{"input":{}}', /s\.jsonl:2: expected { "part": …, "inputs": { … } }, got the key "input"/],
    ['no inputs', '{}', /s\.jsonl:2: expected "inputs" to be an object, got undefined/],
    ['a part', lineOf(1, { part: 'unet' }), /s\.jsonl:2: expected one of the parts model, got "unet"/],
    ['a missing input', '{"inputs":{"input_ids":[[1]]}}', /s\.jsonl:2: expected the inputs input_ids, .*; "(attention_mask|token_type_ids)" is missing/],
    ['an input too many', lineOf(1).replace('"inputs":{', '"inputs":{"labels":[1],'), /"labels" is none of them: leave it out/],
    ['a value', lineOf(1).replace('[[1,5', '[[0.5,5'), /s\.jsonl:2, input "input_ids": Expected whole numbers .* got 0\.5/],
    ['a rank', lineOf(1).replace('[[1,5,3]]', '[1,5,3]'), /s\.jsonl:2, input "input_ids": expected the shape \[.*, .*\], got \[3\]/],
    ['sizes of one name', lineOf(1).replace('[[1,1,1]]', '[[1,1]]'), /s\.jsonl:2, input "attention_mask": expected \w+ = 3, as in input "input_ids", got 2/],
  ] // prettier-ignore
  test.each(wrong)('%s', async (_, line, says) => {
    const path = join(await emptyFolder(), 's.jsonl')
    await writeFile(path, `${lineOf(1)}\n${line}\n`)
    await expect(openSamples(path, bert)).rejects.toMatchObject({ code: 'samples', message: expect.stringMatching(says) }) // prettier-ignore
  })
  test('a type, a name and a place', async () => {
    const folder = await emptyFolder()
    const open = (name: string) => openSamples(join(folder, name), bert)
    await writeFile(join(folder, 'x.safetensors'), safetensors({ pixels: [1] }))
    await expect(open('x.safetensors')).rejects.toThrow(/x\.safetensors: expected arrays named like an input \(input_ids, .*got "pixels"/)
    await writeFile(join(folder, 's.csv'), '1,2')
    await expect(open('s.csv')).rejects.toThrow(/a file that ends in \.jsonl, .*, got ".*s\.csv"/)
    await expect(open('none')).rejects.toThrow(/Expected samples at ".*none"/)
    await mkdir(join(folder, 'empty'))
    await expect(open('empty')).rejects.toThrow(/Expected samples in ".*empty", found none/)
    const { code, notes } = await damson(folder, 'compare', requireZoo('fixtures/bert-tiny-ts'), requireZoo('fixtures/bert-tiny-ts'), '--samples', 's.csv')
    expect(code).toBe(2)
    expect(notes).toMatch(/^error: Expected samples in a folder or a file/)
  }) // prettier-ignore
})

describe('samples for fitting and for judging', () => {
  test('are never the same', async () => {
    const path = join(await emptyFolder(), 's.jsonl')
    await writeFile(path, Array.from({ length: 9 }, (_, at) => lineOf(at)).join('\n'))
    const ids = async (calibrate?: number): Promise<readonly (readonly number[])[]> => {
      const { given, heldOut, fitted } = await divideSamples(bert, true, { samples: path, ...(calibrate === undefined ? {} : { calibrate }) })
      const used: number[] = []
      if (typeof given === 'function') for await (const { feeds } of given('model')) used.push(Number(feeds['input_ids']?.data[0]))
      expect(fitted()).toBe(used.length)
      return [used, (heldOut.get('model') ?? []).map(feeds => Number(feeds['input_ids']?.data[0]))]
    }
    expect(await ids()).toEqual([[0, 1, 2, 3, 4, 5, 6], [7, 8]])
    expect(await ids(2)).toEqual([[0, 1], [2, 3, 4, 5, 6, 7, 8]])
    expect(await ids(9)).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8], []])
    const { heldOut } = await divideSamples(bert, false, { samples: path })
    expect(heldOut.get('model')).toHaveLength(9)
  }) // prettier-ignore
  test.each([[0, 0], [1, 1], [2, 1], [8, 6], [400, 368]])('of %i, %i are for fitting', (count, expected) => {
    expect(cutOf(count, undefined)).toBe(expected)
  }) // prettier-ignore
})

describe('in the command', () => {
  const smash = async (...args: readonly string[]) => {
    const folder = await folderWith('fixtures/bert-tiny-ts', 'bert')
    await writeFile(join(folder, 'look.mjs'), looking)
    await writeFile(join(folder, 's.jsonl'), [1, 2, 3, 4].map(first => lineOf(first)).join('\n'))
    return damson(folder, 'smash', 'bert', '--use', './look.mjs', '-w', 'look', '--json', ...args)
  }
  test('steps are fitted on the head, the comparison is made on the tail', async () => {
    const { code, out } = await smash('--samples', 's.jsonl', '-o', 'given')
    expect(code).toBe(0)
    const { report, warnings } = JSON.parse(out)
    expect(report.samples).toEqual({ count: 1, kind: 'given', fitted: 3 })
    expect(warnings).toEqual([{ code: 'saw', message: 'outside/look: 1 2 3' }])
  }, 300_000)
  test('without samples both are made up, and it is said', async () => {
    const { code, out } = await smash('--calibrate', '5', '-o', 'made', '--no-verify')
    expect(code).toBe(0)
    const { warnings } = JSON.parse(out)
    expect(warnings[0].message.split(' ')).toHaveLength(6)
    expect(warnings[1]).toMatchObject({ code: 'made-up-samples', message: expect.stringMatching(/^Steps were fitted on 5 samples a part, made up/) }) // prettier-ignore
  })
})

/** An algorithm from outside that says what it was fitted on. */
const looking = `
import { defineAlgorithm } from '${import.meta.resolve('@damson/core')}'
export const look = defineAlgorithm({
  id: 'outside/look', version: 1, summary: 'Looks.', params: {}, contract: {},
  groups: part => [{ sites: [{ part }] }],
  fit: async ctx => {
    const seen = []
    for await (const { feeds } of ctx.samples(ctx.parts[0])) seen.push(feeds.input_ids.data[0])
    ctx.warn('saw', seen.join(' '))
    return {}
  },
  rewrite: model => model,
})
`
