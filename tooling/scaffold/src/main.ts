// `pnpm new <family> <algorithm>` scaffolds an algorithm. `pnpm new --pages` writes the generated heads of all pages;
// `--pages --check` says which are stale.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { namesOf } from './names.ts'
import { pages, stalePages, writePages } from './pages.ts'
import { scaffold } from './scaffold.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const args = process.argv.slice(2)
const [family, stem] = args.filter(arg => !arg.startsWith('--'))

if (args.includes('--pages')) {
  const stale = args.includes('--check') ? await stalePages(root) : []
  for (const path of stale) console.error(`${path} is not what its definition says: run \`pnpm new --pages\``)
  if (!args.includes('--check')) writePages(root, await pages(root))
  process.exitCode = stale.length > 0 ? 1 : 0
} else if (family === undefined || stem === undefined) {
  console.error('pnpm new <family> <algorithm>, for example: pnpm new quantizers my-rounding')
  process.exitCode = 1
} else {
  const names = namesOf(family, stem)
  const { files, newFamily } = scaffold(root, names)
  if (newFamily) run('pnpm', 'install', '--prefer-offline', '--no-frozen-lockfile')
  const written = await pages(root, names)
  writePages(root, written)
  const all = [...files, ...written.keys()]
  run('prettier', '--log-level', 'warn', '--write', ...all)
  for (const path of all) console.log(path)
  console.log(`\nNext: fill in the idea, then \`pnpm --filter @damson/${family} test\` and \`pnpm check\`.`)
}

function run(command: string, ...rest: readonly string[]): void {
  const { status } = spawnSync(command, rest, { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error(`${command} ${rest.join(' ')} failed`)
}
