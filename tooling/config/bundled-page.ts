// Scripts of a test as bundlers would make them, in a page in headless Chromium, with files beside it.
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { build } from 'esbuild'
import { startChromium, type ChromiumOptions } from './chromium.ts'
import type { ServedPage } from './served-page.ts'

const html = '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>'
const types: Readonly<Record<string, string>> = {
  js: 'text/javascript',
  mjs: 'text/javascript',
  wasm: 'application/wasm',
}

/**
 * Bundles scripts by name, of which the page runs `page`, and serves them with `files`: by address, the path of a file, or
 * of a folder where the address ends in a slash.
 */
export async function bundlePage(
  scripts: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>>,
  options: ChromiumOptions = {},
): Promise<ServedPage> {
  const bundled = await bundle(scripts)
  const contentOf = async (path: string): Promise<Uint8Array | string> => {
    const script = path === '/' ? html : bundled.get(path)
    if (script !== undefined) return script
    const isAt = (address: string): boolean =>
      address.endsWith('/') ? path.startsWith(address) : path === address
    const found = Object.entries(files).find(([address]) => isAt(address))
    if (!found) throw new Error(`nothing at ${path}`)
    return readFile(join(found[1], path.slice(found[0].length)))
  }
  const server = createServer(({ url = '/' }, response) => {
    const type = types[url.split('.').at(-1) ?? ''] ?? 'text/html'
    contentOf(url).then(
      content => response.writeHead(200, { 'content-type': type }).end(content),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const place = server.address()
  const browser = await startChromium(options)
  return {
    browser,
    address: `http://127.0.0.1:${typeof place === 'object' && place ? place.port : 0}/`,
    async close() {
      await browser.close()
      server.close()
    },
  }
}

async function bundle(scripts: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, Uint8Array>> {
  const { outputFiles } = await build({
    entryPoints: { ...scripts },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@damson/source'],
    write: false,
    outdir: '/',
  })
  return new Map(outputFiles.map(({ path, contents }) => [path, contents]))
}
