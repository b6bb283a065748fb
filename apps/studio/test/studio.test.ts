// The built page in headless Chromium: it draws on both sides, and smashing costs there what it costs in Node. Skipped where
// there is no Chromium; required in CI.
import { fileURLToPath } from 'node:url'
import { periodicCache } from '@damson/cachers'
import { withoutChromium } from '@damson/config/chromium'
import { servePage, type ServedPage } from '@damson/config/served-page'
import { load, smash, type Step } from '@damson/core'
import { psnr, textToImage, type Picture } from '@damson/pipelines'
import { dynamicInt8 } from '@damson/quantizers'
import { requireZoo } from '@damson/zoo'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const steps = 8
const prompt = 'red apple'
const seed = 5

describe.skipIf(withoutChromium)('in Chromium', () => {
  let served: ServedPage
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    served = await servePage(fileURLToPath(new URL('..', import.meta.url)))
    page = await served.browser.newPage()
    // Only to end what hangs.
    page.setDefaultTimeout(200_000)
    page.on('pageerror', error => complaints.push(error.message))
    page.on('console', message => complaints.push(message.text()))
    await page.goto(served.address)
    await page.getByLabel('Prompt').fill(prompt)
    await page.getByLabel('Seed').fill(String(seed))
  })
  afterAll(() => served?.close())

  const figure = (card: string, name: string): Promise<string> =>
    page.locator(`#${card} [data-figure="${name}"] span`).innerText()
  const bytes = async (card: string): Promise<number> => {
    const text = await page.locator(`#${card} [data-figure="size"] small`).innerText()
    return Number.parseInt(text.replaceAll(',', ''), 10)
  }
  const generate = (): Promise<void> => page.getByRole('button', { name: 'Generate' }).click()
  const status = (text: string | RegExp): Promise<void> =>
    page.getByRole('status').filter({ hasText: text }).waitFor()

  test('draws both sides as Node does, and the slider changes how often the network runs', async () => {
    expect(await page.getByLabel('Model').locator('option').allInnerTexts()).toEqual([
      'Emoji U-Net',
      'Emoji transformer',
    ])
    await page.getByLabel('Quantizer').selectOption('dynamic-int8')
    await page.getByLabel('Interval').fill('2')

    // What is wrong is said in words, and the page goes on.
    await page.getByLabel('Runs on').selectOption('WebGPU')
    await generate()
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').innerText()).toMatch(/no WebGPU adapter.*Choose WebAssembly/)
    await page.getByLabel('Runs on').selectOption('Best there is')

    await page.getByLabel('Steps', { exact: true }).fill('100')
    await generate()
    await status(/Drawing the original picture: step \d+ of 100/)
    await page.getByRole('button', { name: 'Cancel' }).click()
    await status('Cancelled.')
    expect(await page.getByRole('alert').count()).toBe(0)

    await page.getByLabel('Steps', { exact: true }).fill(String(steps))
    await generate()
    await status('Done.')
    const guidance = Number(await page.getByLabel('Guidance').inputValue())
    const inNode = await decibelsInNode(guidance)
    const decibels = Number.parseFloat(await figure('difference', 'psnr'))
    // The kernels of both runtimes sum in different orders, so a value now and then falls on another code of 8 bits.
    expect(Math.abs(decibels - inNode)).toBeLessThan(1)
    expect(await figure('original', 'computed')).toBe('8 of 8 steps')
    // Steps 0 and 1, then 2, 4, 6.
    expect(await figure('smashed', 'computed')).toBe('5 of 8 steps')
    const [before = 0, after = 0] = await Promise.all(['original', 'smashed'].map(bytes))
    expect(before).toBe(35_054_939)
    expect(after).toBeLessThan(0.8 * before)
    expect(await page.locator('.notes').innerText()).toMatch(/Runs on WebAssembly, \d threads?/)

    await page.getByLabel('Interval').fill('5')
    await page.locator('#smashed').getByText('4 of 8 steps').waitFor()
    await status('Done.')
    expect(Number.parseFloat(await figure('difference', 'psnr'))).toBeLessThan(decibels)
    expect(await bytes('smashed')).toBe(after)
    expect(complaints).toEqual([])
  })
})

/** PSNR of the smashed picture against the original, over onnxruntime-node. */
async function decibelsInNode(guidance: number): Promise<number> {
  const model = await load(requireZoo('emoji/emoji-unet'))
  const drawn = async (recipe: readonly Step[]): Promise<Picture> => {
    const pipeline = await textToImage(await smash(model, recipe, { target: 'wasm' }))
    const { pictures } = await pipeline.run({ prompt, seed, steps, guidance })
    await pipeline.close()
    const [picture] = pictures
    if (picture) return picture
    throw new Error('expected a picture')
  }
  return psnr(await drawn([]), await drawn([dynamicInt8(), periodicCache({ interval: 2 })]))
}
