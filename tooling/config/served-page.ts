// The page of an app as it is built, served, in headless Chromium.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { build, preview } from 'vite'
import { startChromium } from './chromium.ts'

export interface ServedPage {
  readonly browser: Browser
  readonly address: string
  close(): Promise<void>
}

/** Builds the app in `root` into a folder of its own and serves it. */
export async function servePage(root: string): Promise<ServedPage> {
  const folder = await mkdtemp(join(tmpdir(), 'damson-page-'))
  const outDir = join(folder, 'dist')
  await build({ root, logLevel: 'error', build: { outDir } })
  const server = await preview({ root, logLevel: 'error', build: { outDir }, preview: { host: '127.0.0.1', port: 0 } }) // prettier-ignore
  const browser = await startChromium()
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
