// Screenshots of the page: `pnpm screenshots` makes the one that the README shows, `pnpm screenshots <folder>` all of them, to
// look at after a change.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { servePage } from '@damson/config/served-page'
import sharp from 'sharp'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = process.argv[2] ?? root

const shots = [
  { name: 'studio', width: 1200, height: 880, colorScheme: 'light' },
  { name: 'studio-dark', width: 1200, height: 880, colorScheme: 'dark' },
  { name: 'studio-phone', width: 390, height: 844, colorScheme: 'light' },
] as const

await mkdir(folder, { recursive: true })
const served = await servePage(root)
const page = await served.browser.newPage()
page.setDefaultTimeout(200_000)
await page.goto(served.address)
await page.getByLabel('Prompt').fill('red apple')
await page.getByLabel('Quantizer').selectOption('weights-8')
await page.getByRole('button', { name: 'Generate' }).click()
await page.getByRole('status').filter({ hasText: 'Done.' }).waitFor()
for (const { name, width, height, colorScheme } of process.argv[2] === undefined
  ? shots.slice(0, 1)
  : shots) {
  await page.setViewportSize({ width, height })
  await page.emulateMedia({ colorScheme })
  const png = await page.screenshot({ fullPage: true })
  // A palette makes it a third as large.
  await sharp(png)
    .png({ palette: true, effort: 10 })
    .toFile(join(folder, `${name}.png`))
}
await served.close()
