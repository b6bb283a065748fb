// `pnpm api`: says where the public API differs from the committed snapshots; `--update` accepts it. Entries are the built modules.
import { writeDeclarations } from '@damson/declarations'
import { apiProblems, updateApi } from './committed.ts'

const unsound = await writeDeclarations()
if (unsound.length === 0 && process.argv.includes('--update')) updateApi()
const problems = unsound.length > 0 ? unsound : apiProblems()
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
