// `pnpm -s damson …`: the built command, built first where sources changed. What the build says goes to stderr, so
// that `--json` stays the only thing on stdout. Paths are relative to where the user stands.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
const turbo = createRequire(import.meta.url).resolve('turbo/bin/turbo')
const flags = ['--filter=damson', '--output-logs=errors-only', '--log-order=grouped', '--summarize=false']
const build = spawnSync(process.execPath, [turbo, 'run', 'build', ...flags], {
  cwd: fileURLToPath(root),
  stdio: ['ignore', 'pipe', 'pipe'],
  env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1' },
})
if (build.status !== 0) {
  process.stderr.write(`${build.stdout}${build.stderr}`)
  process.exit(build.status ?? 1)
}

const { bin } = JSON.parse(readFileSync(new URL('packages/damson/package.json', root), 'utf8'))
if (!bin?.damson) throw new Error('expected packages/damson/package.json to name the command as bin.damson')
const command = fileURLToPath(new URL(`packages/damson/${bin.damson}`, root))
const run = spawnSync(process.execPath, [command, ...process.argv.slice(2)], {
  cwd: process.env['INIT_CWD'] ?? process.cwd(),
  stdio: 'inherit',
})
process.exit(run.status ?? 1)
