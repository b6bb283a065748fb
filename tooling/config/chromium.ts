// How a test starts Chromium, in one place.
import { existsSync } from 'node:fs'
import process from 'node:process'
import { chromium, type Browser } from 'playwright-core'

const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(path => existsSync(path))

const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
] // prettier-ignore

/** Whether tests in Chromium are skipped: there is none, and this is not CI, which requires it. */
export const withoutChromium: boolean = executablePath === undefined && process.env['CI'] !== 'true'

export interface ChromiumOptions {
  /** WebGPU without a GPU, in software; default false, as on a machine that has none. */
  readonly webgpu?: boolean
}

/** Starts Chromium without a window. */
export function startChromium({ webgpu = false }: ChromiumOptions = {}): Promise<Browser> {
  const args = webgpu ? [...flags, '--enable-unsafe-webgpu'] : flags
  return chromium.launch({ ...(executablePath ? { executablePath } : {}), headless: true, args })
}
