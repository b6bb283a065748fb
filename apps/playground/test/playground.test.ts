// The built page in headless Chromium: from a file to a download, with the bytes that Node writes. Skipped where there is
// no Chromium; required in CI.
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { withoutChromium } from '@damson/config/chromium'
import { servePage, type ServedPage } from '@damson/config/served-page'
import { load, save, smash, type Step } from '@damson/core'
import { dynamicInt8, weightOnly } from '@damson/quantizers'
import { requireZoo } from '@damson/zoo'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'

const model = requireZoo('models/use_lite.onnx')
const fixture = requireZoo('fixtures/llama-tiny-ts/model.onnx')

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

describe.skipIf(withoutChromium)('in Chromium', () => {
  let folder: string
  let served: ServedPage
  let page: Page
  let complaints: string[]
  const requests: string[] = []

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'damson-playground-'))
    served = await servePage(fileURLToPath(new URL('..', import.meta.url)))
  })
  beforeEach(async () => {
    complaints = []
    page = await served.browser.newPage()
    page.on('pageerror', error => complaints.push(error.message))
    page.on('console', message => complaints.push(message.text()))
    page.on('request', request => requests.push(request.url()))
    await page.goto(served.address)
    return () => page.close()
  })
  afterAll(async () => {
    await served?.close()
    await rm(folder, { recursive: true, force: true })
  })

  async function download(): Promise<{ readonly name: string; readonly bytes: Uint8Array }> {
    await page.getByRole('button', { name: 'Smash' }).click()
    const [file] = await Promise.all([page.waitForEvent('download'), page.locator('.download').click()])
    return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) }
  }

  async function inNode(path: string, step: Step, target = 'cpu'): Promise<string> {
    const out = join(folder, 'node.onnx')
    await save(await smash(await load(path), [step], { target }), out)
    return sha256(await readFile(out))
  }

  test('weight-only from a Blob to a download gives the bytes of Node', async () => {
    await page.locator('#file').setInputFiles(model)
    await page.locator('#param-bits').selectOption('8')
    await page.locator('#param-symmetric').selectOption('true')
    const { name, bytes } = await download()
    expect(name).toBe('use_lite.small.onnx')
    expect(sha256(bytes)).toBe(await inNode(model, weightOnly({ bits: 8, symmetric: true })))
    expect(await page.locator('.hash').textContent()).toContain(sha256(bytes))
    expect(complaints).toEqual([])
  })

  test('another algorithm and another target, too', async () => {
    await page.locator('#file').setInputFiles(fixture)
    await page.getByLabel('dynamic-int8').check()
    await page.locator('#param-weights').selectOption('uint8')
    await page.locator('#target').selectOption('wasm')
    const { bytes } = await download()
    expect(sha256(bytes)).toBe(await inNode(fixture, dynamicInt8({ weights: 'uint8' }), 'wasm'))
    expect(bytes.length).toBeLessThan((await readFile(fixture)).length)
    expect(complaints).toEqual([])
  })

  test('what is wrong is said as text, and the page goes on', async () => {
    const broken = join(folder, 'broken.onnx')
    await writeFile(broken, (await readFile(fixture)).subarray(0, 100_000))
    await page.locator('#file').setInputFiles(broken)
    expect(await page.getByRole('alert').textContent()).toMatch(/expected/i)
    expect(await page.getByRole('button', { name: 'Smash' }).isVisible()).toBe(false)
    await page.locator('#file').setInputFiles(fixture)
    await page.getByRole('button', { name: 'Smash' }).waitFor()
    expect(await page.getByRole('alert').count()).toBe(0)
    expect(complaints).toEqual([])
  })

  test('a model that cannot be made smaller says why', async () => {
    await page.locator('#file').setInputFiles(requireZoo('models/esrgan_rdn_x2_slim.onnx'))
    await page.getByRole('alert').waitFor()
    expect(await page.locator('.refusal').first().textContent()).toContain('belongs to a convolution')
    expect(await page.getByRole('alert').textContent()).toContain('belongs to a convolution')
    expect(await page.getByRole('button', { name: 'Smash' }).isVisible()).toBe(false)
    await page.getByLabel('dynamic-int8').check()
    await page.locator('#target').selectOption('wasm')
    await page.getByRole('button', { name: 'Smash' }).waitFor()
  })

  test('asks for nothing but its own files, so it works offline', () => {
    expect(requests.length).toBeGreaterThan(0)
    expect(requests.filter(url => !url.startsWith(served.address) && !url.startsWith('blob:'))).toEqual([])
  })
})
