// Pictures from the command: drawn with one model, and with both sides of a comparison.
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { periodicCache } from '@damson/cachers'
import { load, save, smash } from '@damson/core'
import { readPicture } from '@damson/pipelines'
import { expect, test } from 'vitest'
import { comparePictures } from '../src/command/compare-pictures.ts'
import { showPictures } from '../src/command/show-pictures.ts'
import { memoryTerminal, noProgress } from '../src/command/terminal.ts'
import type { Comparable } from '../src/compare/compare-models.node.ts'
import { emptyFolder, folderWith } from './model-folders.ts'
import { damson } from './run-command.ts'

const fixture = 'fixtures/sd15-tiny-ts'

test('generate writes a file a picture; the same seed draws the same', async () => {
  const folder = await folderWith(fixture, 'sd')
  const args = ['generate', 'sd', '--prompt', 'a cat', '--prompt', 'a dog', '--steps', '2', '--json']
  const { code, out } = await damson(folder, ...args, '--seed', '4', '-o', 'made/cat.png')
  expect(code).toBe(0)
  const { files, seeds } = JSON.parse(out)
  expect({ files, seeds }).toEqual({ files: ['made/cat-1.png', 'made/cat-2.png'], seeds: [4, 5] })
  const dog = await readFile(join(folder, 'made/cat-2.png'))
  expect(await readPicture(dog)).toMatchObject({ width: 32, height: 32, channels: 3 })
  const alone = ['generate', 'sd', '--prompt', 'a dog', '--steps', '2', '--seed', '5', '-o', 'dog.png']
  expect((await damson(folder, ...alone)).out).toMatch(/^Wrote dog\.png in .*\(seed 5\)\n$/)
  // Rows of a batch are summed in another order.
  const [one, two] = [await readPicture(dog), await readPicture(await readFile(join(folder, 'dog.png')))]
  expect(Math.max(...one.data.map((byte, i) => Math.abs(byte - (two.data[i] ?? 0))))).toBeLessThanOrEqual(1)
})

test('both models draw, and what that says is shown and written', async () => {
  const folder = await folderWith(fixture, 'sd')
  const model = await load(join(folder, 'sd'))
  const step = periodicCache({ interval: 4, start: 1 })
  await save(await smash(model, [step]), join(folder, 'out'))
  const terminal = memoryTerminal(folder)
  const place = (path: string): Comparable => ({ model, place: { path: join(folder, path), modules: [] } })
  const asked = { prompt: ['a cat', 'a dog', 'a hat'], steps: 4, seed: 3, pictures: 'both.png' }
  const compared = await comparePictures(place('sd'), place('out'), asked, terminal, noProgress)
  if (!compared) throw new Error('expected pictures')
  const { pictures, psnr, ssim, latency } = compared.report
  expect(pictures.map(({ prompt }) => prompt)).toEqual(asked.prompt)
  // Three of four steps were not computed.
  expect(pictures.every(each => each.psnr !== null && each.psnr > 5 && each.ms.every(ms => ms > 0))).toBe(
    true,
  )
  expect(psnr).toBe(pictures.map(each => each.psnr ?? Infinity).sort((a, b) => a - b)[1])
  expect(ssim).toBeLessThan(1)
  expect(latency.pairs).toBe(3)
  // Two columns of pairs of 128 pixels; three pairs want two rows.
  const grid = await readPicture(await readFile(join(folder, 'both.png')))
  expect([grid.width, grid.height]).toEqual([12 + 2 * (2 * 128 + 14), 12 + 2 * (128 + 12)])
  await showPictures(compared, { ...terminal, graphics: 'blocks' })
  const { out } = terminal.printed
  expect(out).toMatch(/^\nPictures in both\.png: the original on the left of each pair\n/)
  expect(out.split('▀')).toHaveLength(80 * 21 + 1)
  expect(out).toMatch(/a cat +[\d.]+ dB +0\.\d{4}/)
  expect(out).toMatch(/median [^\n]*× \(\d\.\d\d–\d+\.\d\d\)\n +3 prompts, 4 steps, seeds from 3;/)
})

test('pictures of a model that draws none are refused before anything is done', async () => {
  const folder = await folderWith('fixtures/bert-tiny-ts', 'bert')
  const smash = await damson(folder, 'smash', 'bert', '-w', 'weight-only', '-o', 'out', '--prompt', 'a cat')
  expect(smash.code).toBe(2)
  expect(smash.notes).toMatch(/expected a model that draws, "bert" has only model/)
  const unverified = await damson(folder, 'smash', 'bert', '-o', 'out', '--prompt', 'a cat', '--no-verify')
  expect(unverified).toMatchObject({ code: 2 })
  expect(unverified.notes).toMatch(/--no-verify/)
  const generate = await damson(folder, 'generate', 'bert', '--prompt', 'a cat', '-o', 'cat.png')
  expect(generate).toMatchObject({ code: 2 })
  expect(generate.notes).toMatch(/Expected a part unet or transformer, got model/)
})

test('generate says what is wrong with its arguments', async () => {
  const folder = await emptyFolder()
  await mkdir(join(folder, 'sd'))
  expect(await damson(folder, 'generate', 'sd', '-o', 'cat.jpg')).toMatchObject({ code: 2 })
  expect((await damson(folder, 'generate', 'sd', '-o', 'cat.png', '--guidance', 'x')).notes).toMatch(/Expected a number/)
}) // prettier-ignore
