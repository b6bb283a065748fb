// `pnpm build:types`: the declarations of all packages, behind their modules.
import { writeDeclarations } from './write-declarations.ts'

const problems = await writeDeclarations()
for (const problem of problems) console.error(problem)
process.exitCode = problems.length > 0 ? 1 : 0
