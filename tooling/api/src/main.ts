// `pnpm api`: says where the public API differs from the committed snapshots; `--update` accepts it.
import { spawnSync } from 'node:child_process'
import { root } from '@damson/pack'
import { apiProblems, updateApi } from './committed.ts'

const build = spawnSync(
  'npx',
  ['turbo', 'run', 'build:types', '--filter=./packages/*', '--output-logs=errors-only'],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
if (build.status !== 0) process.exit(1)
if (process.argv.includes('--update')) updateApi()
const problems = apiProblems()
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
