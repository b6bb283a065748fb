// onnxruntime-web in headless Chromium gives what onnxruntime-node gives. Skipped where there is no Chromium; required in CI.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseGraph } from '@damson/graph'
import { requireZoo } from '@damson/zoo'
import { build } from 'esbuild'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRuntime, feedsFor } from '../src/index.ts'
import type { PageResult } from './browser-page.ts'
import { passing, threeCalls, type KeptResult } from './kept-on-gpu.ts'

const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(path => existsSync(path))
const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--enable-unsafe-webgpu',
] // prettier-ignore

const here = dirname(fileURLToPath(import.meta.url))
const ortFolder = dirname(createRequire(import.meta.url).resolve('onnxruntime-web'))
const model = requireZoo('fixtures/bert-tiny-ts/model.onnx')
const value = 'last_hidden_state'

/** The page and the worker as bundlers would make them. */
async function bundle(): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: {
      page: join(here, 'browser-page.ts'),
      'kept-on-gpu': join(here, 'kept-on-gpu.ts'),
      'engine.worker': join(here, '../src/engine.worker.ts'),
    },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@damson/source'],
    write: false,
    outdir: '/',
  })
  return new Map(outputFiles.map(({ path, contents }) => [path, contents]))
}

async function serve(files: ReadonlyMap<string, Uint8Array>): Promise<Server> {
  const types: Readonly<Record<string, string>> = {
    js: 'text/javascript',
    mjs: 'text/javascript',
    wasm: 'application/wasm',
  }
  const contentOf = async (path: string): Promise<Uint8Array | string | undefined> => {
    if (path === '/')
      return '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>'
    if (path === '/model.onnx') return readFile(model)
    const asset = /^\/ort\/([\w.-]+)$/.exec(path)?.[1]
    return asset === undefined ? files.get(path) : readFile(join(ortFolder, asset))
  }
  const server = createServer((request, response) => {
    const path = request.url ?? '/'
    const type = types[path.split('.').at(-1) ?? ''] ?? 'text/html'
    contentOf(path).then(
      content => response.writeHead(content === undefined ? 404 : 200, { 'content-type': type }).end(content),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return server
}

describe.skipIf(!executablePath && process.env['CI'] !== 'true')('in Chromium', () => {
  let browser: Browser
  let server: Server
  let page: Page
  const complaints: string[] = []

  beforeAll(async () => {
    server = await serve(await bundle())
    const address = server.address()
    const port = typeof address === 'object' && address ? address.port : 0
    browser = await chromium.launch({
      ...(executablePath ? { executablePath } : {}),
      headless: true,
      args: flags,
    })
    page = await browser.newPage()
    page.on('pageerror', error => complaints.push(error.message))
    page.on('console', message => complaints.push(message.text()))
    await page.goto(`http://127.0.0.1:${port}/`)
    await page.waitForFunction('"runModel" in globalThis')
  })
  afterAll(async () => {
    await browser?.close()
    server?.close()
  })

  test.each(['thread', 'worker'] as const)('a model runs in a %s as it does in Node', async isolate => {
    const result: PageResult = await page.evaluate(`runModel('${isolate}', '${value}')`)
    const graph = parseGraph(new Uint8Array(await readFile(model)))
    const runtime = createRuntime()
    const live = await runtime.open(graph)
    const expected = Array.from((await live.run('main', feedsFor(graph)))[value]?.data ?? [], Number)
    await runtime.close()
    const got = result.outputs[value] ?? []
    expect(got).toHaveLength(expected.length)
    const difference = Math.max(...expected.map((number, at) => Math.abs(number - (got[at] ?? NaN))))
    // Outputs reach 4; the two runtimes differ in the order of their sums.
    expect(difference).toBeLessThan(2e-5)
    expect(result.range[0]).toBeCloseTo(Math.min(...got), 4)
    expect(result.range[1]).toBeCloseTo(Math.max(...got), 4)
    expect(result.traits).toMatchObject({ platform: 'web', arch: 'wasm', ort: expect.stringMatching(/^1\./) })
    expect(result.aborted).toContain('enough')
    expect(complaints).toEqual([])
  })

  test('what is kept stays on the GPU', async () => {
    await page.addScriptTag({ url: '/kept-on-gpu.js', type: 'module' })
    await page.waitForFunction('"keepOnGpu" in globalThis')
    const { kept, passed, downloads, left }: KeptResult = await page.evaluate('keepOnGpu()')
    expect(kept).toEqual(passed)
    const inNode = await threeCalls(createRuntime(), passing)
    const differences = inNode.flatMap((row, call) =>
      row.map((y, at) => Math.abs(y - (kept[call]?.[at] ?? NaN))),
    )
    // Outputs reach 4; sums of four products.
    expect(Math.max(...differences)).toBeLessThan(1e-5)
    // One output a call, and with it what goes out to come in again.
    expect(downloads).toEqual({ kept: 3, passed: 6 })
    expect(left).toBe(0)
    expect(complaints).toEqual([])
  })
})
