// `pnpm check [name…]`: every check that is not a test, or those that are named. All of them run, so that one run
// shows all there is to mend; the last line counts.
import { checks } from './checks.ts'

const names = checks.flatMap(each => Object.keys(each))
const wanted = process.argv.slice(2)
const unknown = wanted.filter(name => !names.includes(name))
if (unknown.length > 0) {
  throw new Error(`expected names of checks (${names.join(', ')}), got ${unknown.join(', ')}`)
}

let failed = 0
const chosen = names.filter(name => wanted.length === 0 || wanted.includes(name))

async function inOrder(each: (typeof checks)[number]): Promise<void> {
  for (const [name, check] of Object.entries(each)) {
    if (!chosen.includes(name)) continue
    const start = performance.now()
    const problems = await check().catch((error: unknown) => [String(error)])
    const seconds = ((performance.now() - start) / 1000).toFixed(1)
    console.log(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
    for (const problem of problems) console.log(problem.trimEnd().replace(/^/gm, '       '))
    if (problems.length > 0) failed += 1
  }
}

await Promise.all(checks.map(inOrder))
console.log(`${chosen.length - failed} checks passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
