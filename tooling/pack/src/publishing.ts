// Are the tarballs right for those who install them? publint reads the manifest, attw resolves the types as
// editors and bundlers do (ESM only).
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import type { Package, Tarball } from './packages.ts'

/** What publint has to say about a tarball; nothing when it is clean. */
export async function publintProblems({ name, file }: Tarball): Promise<readonly string[]> {
  const tarball = new Uint8Array(await readFile(file)).buffer
  const { messages, pkg } = await publint({ pack: { tarball }, strict: true })
  return messages.map(message => `${name}: ${formatMessage(message, pkg, { color: false }) ?? message.code}`)
}

/** What Are The Types Wrong has to say about a tarball; nothing when it is clean. */
export async function attwProblems(
  { name, file }: Tarball,
  { entries }: Package,
): Promise<readonly string[]> {
  const entrypoints = entries.map(({ subpath }) => subpath)
  const args = [attw(), file, '--profile', 'esm-only', '--format', 'ascii', '--no-emoji', '--no-color']
  return new Promise(resolve => {
    execFile(process.execPath, [...args, '--entrypoints', ...entrypoints], (error, stdout, stderr) => {
      resolve(error === null ? [] : [`${name}: ${stdout}${stderr}`])
    })
  })
}

function attw(): string {
  const manifest = createRequire(import.meta.url).resolve('@arethetypeswrong/cli/package.json')
  return join(dirname(manifest), 'dist/index.js')
}
