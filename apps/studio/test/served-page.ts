// The built page, served, in headless Chromium: for the test and for the screenshots.
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser } from 'playwright-core'
import { build, preview } from 'vite'

export const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(path => existsSync(path))

const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
] // prettier-ignore

export interface ServedPage {
  readonly browser: Browser
  readonly address: string
  close(): Promise<void>
}

/** Builds the page into a folder of its own and serves it. */
export async function servePage(): Promise<ServedPage> {
  const root = fileURLToPath(new URL('..', import.meta.url))
  const folder = await mkdtemp(join(tmpdir(), 'damson-studio-'))
  const outDir = join(folder, 'dist')
  await build({ root, logLevel: 'error', build: { outDir } })
  const server = await preview({ root, logLevel: 'error', build: { outDir }, preview: { host: '127.0.0.1', port: 0 } }) // prettier-ignore
  const browser = await chromium.launch({ ...(executablePath ? { executablePath } : {}), headless: true, args: flags }) // prettier-ignore
  return {
    browser,
    address: server.resolvedUrls?.local[0] ?? '',
    async close() {
      await browser.close()
      await server.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
