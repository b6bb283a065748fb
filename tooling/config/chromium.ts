// How a test starts Chromium, in one place.
import { existsSync } from 'node:fs'
import process from 'node:process'
import { chromium, type Browser } from 'playwright-core'

const executablePath = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find(path => existsSync(path))

const flags = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--enable-unsafe-webgpu',
] // prettier-ignore

/** Whether tests in Chromium are skipped: there is none, and this is not CI, which requires it. */
export const withoutChromium: boolean = executablePath === undefined && process.env['CI'] !== 'true'

/** Starts Chromium without a window. */
export function startChromium(): Promise<Browser> {
  return chromium.launch({ ...(executablePath ? { executablePath } : {}), headless: true, args: flags })
}
