// The end of a CI run: `node summary.mjs [failed stage…]` adds up the reports that vitest wrote and prints
// `N passed, N failed`. A stage that failed counts as one failure; a run without a passed test is none.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const stages = process.argv.slice(2)
const count = { passed: 0, failed: stages.length, skipped: 0 }

for (const file of reports()) {
  const report = JSON.parse(readFileSync(file, 'utf8'))
  // A file that could not be loaded has no tests that could fail.
  const broken = report.testResults.filter(
    result => result.status === 'failed' && !result.assertionResults.some(test => test.status === 'failed'),
  )
  for (const { name, message } of broken) console.log(`${name}: ${message}`)
  count.passed += report.numPassedTests
  count.failed += report.numFailedTests + broken.length
  count.skipped += report.numPendingTests + report.numTodoTests
}

if (stages.length > 0) console.log(`stages that failed: ${stages.join(', ')}`)
if (count.passed === 0) {
  console.log('no test passed: nothing was tested')
  count.failed = Math.max(count.failed, 1)
}
console.log(`${count.skipped} skipped`)
console.log(`${count.passed} passed, ${count.failed} failed`)
process.exitCode = count.failed > 0 ? 1 : 0

function reports() {
  const folders = ['packages', 'tooling', 'apps'].flatMap(group =>
    readdirSync(join(root, group)).map(name => join(root, group, name)),
  )
  return [...folders, join(root, 'docs')].flatMap(folder => jsonIn(join(folder, 'reports')))
}

function jsonIn(folder) {
  try {
    return readdirSync(folder).flatMap(name => (name.endsWith('.json') ? [join(folder, name)] : []))
  } catch {
    return []
  }
}
