// textToImage in headless Chromium, over onnxruntime-web, draws what it draws in Node, and the canvas makes PNG files of it.
// Skipped where there is no Chromium; required in CI.
import { readdir, readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startChromium, withoutChromium } from '@damson/config/chromium'
import { load } from '@damson/core'
import { requireZoo } from '@damson/zoo'
import { build } from 'esbuild'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { textToImage } from '../src/index.ts'
import type { PageResult } from './browser-page.ts'

const here = dirname(fileURLToPath(import.meta.url))
const model = requireZoo('fixtures/sd15-tiny-ts')
const types: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  mjs: 'text/javascript',
  wasm: 'application/wasm',
}

/** The page as bundlers would make it. */
async function bundle(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: { page: join(here, 'browser-page.ts') },
    ...{
      bundle: true,
      format: 'esm',
      platform: 'browser',
      conditions: ['@damson/source'],
      write: false,
      outdir: '/',
    },
  })
  return outputFiles[0]?.contents ?? new Uint8Array(0)
}

async function serve(page: Uint8Array): Promise<Server> {
  const ort = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'))
  const contentOf = async (path: string): Promise<Uint8Array | string> => {
    if (path === '/')
      return '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>'
    if (path === '/page.js') return page
    return readFile(
      path.startsWith('/ort/') ? join(ort, path.slice(5)) : join(model, path.slice('/model/'.length)),
    )
  }
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const type = types[path.split('.').at(-1) ?? ''] ?? 'text/html'
    contentOf(path).then(
      content => response.writeHead(200, { 'content-type': type }).end(content),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return server
}

describe.skipIf(withoutChromium)('in Chromium', () => {
  let browser: Browser
  let server: Server

  beforeAll(async () => {
    server = await serve(await bundle())
    browser = await startChromium()
  })
  afterAll(async () => {
    await browser?.close()
    server?.close()
  })

  test('a prompt and a seed give the picture that they give in Node', async () => {
    const address = server.address()
    const page = await browser.newPage()
    const complaints: string[] = []
    page.on('pageerror', error => complaints.push(error.message))
    page.on('console', message => complaints.push(message.text()))
    await page.goto(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`)
    await page.waitForFunction('"draw" in globalThis')
    const input = { prompt: 'a cat', steps: 2, seed: 11, scheduler: 'EulerAncestralDiscreteScheduler' }
    const found = await readdir(model, { recursive: true })
    const files = found.filter(path => /\.(json|txt|onnx)$/.test(path)).sort()
    const result: PageResult = await page.evaluate(`draw(${JSON.stringify(files)}, ${JSON.stringify(input)})`)
    const pipeline = await textToImage(await load(model))
    const { latents, pictures } = await pipeline.run(input)
    await pipeline.close()
    const scale = Math.max(...latents.data.map(Math.abs))
    const far = latents.data.map((value, i) => Math.abs(value - (result.latents[i] ?? NaN)) / scale)
    // The two runtimes differ in the order of their sums.
    expect(Math.max(...far)).toBeLessThan(1e-4)
    expect(result.pixels.length).toBe(pictures[0]?.data.length)
    // The canvas adds opacity: four bytes a pixel.
    expect(result.again.filter((_, i) => i % 4 !== 3)).toEqual(result.pixels)
    expect(result.again.filter((_, i) => i % 4 === 3).every(byte => byte === 255)).toBe(true)
    expect(complaints).toEqual([])
  })
})
