// The built page in headless Chromium: it draws on both sides, and smashing costs there what it costs in Node. Skipped where
// there is no Chromium; required in CI.
import { load, smash, type Step } from '@damson/core'
import { psnr, textToImage, type Picture } from '@damson/pipelines'
import { requireZoo } from '@damson/zoo'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { cachers, quantizers } from '../src/recipes.ts'
import { executablePath, servePage, type ServedPage } from './served-page.ts'

const steps = 8
const prompt = 'red apple'
const seed = 5

describe.skipIf(!executablePath && process.env['CI'] !== 'true')('in Chromium', () => {
  let served: ServedPage
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    served = await servePage()
  })
  beforeEach(async () => {
    complaints = []
    page = await served.browser.newPage()
    // Only to end what hangs.
    page.setDefaultTimeout(200_000)
    page.on('pageerror', error => complaints.push(error.message))
    page.on('console', message => complaints.push(message.text()))
    await page.goto(served.address)
    await page.getByLabel('Steps').fill(String(steps))
    await page.getByLabel('Prompt').fill(prompt)
    await page.getByLabel('Seed').fill(String(seed))
    return () => page.close()
  })
  afterAll(() => served?.close())

  const figure = (card: string, name: string): Promise<string> =>
    page.locator(`#${card} [data-figure="${name}"] span`).innerText()
  const status = (text: string | RegExp): Promise<void> =>
    page.getByRole('status').filter({ hasText: text }).waitFor()

  test('draws both sides as Node does, and the slider changes how often the network runs', async () => {
    await page.getByLabel('Quantizer').selectOption('dynamic-int8')
    await page.getByLabel('Interval').fill('2')
    await page.getByRole('button', { name: 'Generate' }).click()
    await status('Done.')
    const guidance = Number(await page.getByLabel('Guidance').inputValue())
    const quantizer = quantizers.find(({ name }) => name === 'dynamic-int8')?.steps ?? []
    const inNode = await decibelsInNode([...quantizer, ...cachers.map(({ step }) => step)], guidance)
    // The kernels differ in the order of their sums; where a code of 8 bits falls on the other side, a little is made of it.
    expect(Math.abs(Number.parseFloat(await figure('difference', 'psnr')) - inNode)).toBeLessThan(1)
    expect(await figure('original', 'computed')).toBe('8 of 8 steps')
    // Steps 0 and 1, then 2, 4, 6.
    expect(await figure('smashed', 'computed')).toBe('5 of 8 steps')
    const sizes = page.locator('[data-figure="size"] small')
    const [before = 0, after = 0] = (await sizes.allInnerTexts()).map(text =>
      Number.parseInt(text.replaceAll(',', ''), 10),
    )
    expect(before).toBe(35_054_939)
    expect(after).toBeLessThan(0.8 * before)
    expect(await page.locator('.notes').innerText()).toContain('Runs on WebAssembly')

    await page.getByLabel('Interval').fill('5')
    await page.locator('#smashed').getByText('4 of 8 steps').waitFor()
    await status('Done.')
    expect(Number.parseFloat(await figure('difference', 'psnr'))).toBeLessThan(inNode)
    await page.getByLabel('Cacher').selectOption('None')
    await page.locator('#smashed').getByText('8 of 8 steps').waitFor()
    expect(complaints).toEqual([])
  })

  test('can be cancelled, and says what is wrong in words', async () => {
    await page.getByLabel('Runs on').selectOption('WebGPU')
    await page.getByRole('button', { name: 'Generate' }).click()
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').innerText()).toMatch(/no WebGPU adapter.*Choose WebAssembly/)
    await page.getByLabel('Runs on').selectOption('WebAssembly')
    await page.getByLabel('Model').selectOption('Emoji transformer')
    await page.getByLabel('Steps').fill('100')
    await page.getByRole('button', { name: 'Generate' }).click()
    await status(/Drawing the original picture: step \d+ of 100/)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await status('Cancelled.')
    expect(await page.getByRole('alert').count()).toBe(0)
    expect(complaints).toEqual([])
  })
})

/** PSNR of the smashed picture against the original, over onnxruntime-node. */
async function decibelsInNode(recipe: readonly Step[], guidance: number): Promise<number> {
  const model = await load(requireZoo('emoji/emoji-unet'))
  const drawn = async (of: readonly Step[]): Promise<Picture> => {
    const pipeline = await textToImage(await smash(model, of, { target: 'wasm' }))
    const controls = Object.fromEntries(cachers.map(({ step }) => [step.algorithm.id, { interval: 2 }]))
    const { pictures } = await pipeline.run({ prompt, seed, steps, guidance, ...(of.length > 0 ? { controls } : {}) })
    await pipeline.close()
    const [picture] = pictures
    if (picture) return picture
    throw new Error('expected a picture')
  }
  return psnr(await drawn([]), await drawn(recipe))
} // prettier-ignore
