// Writes the generated operator files of @damson/graph. `--check` writes nothing and fails when they are not up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { generatedFiles } from './generated-files.ts'

const target = new URL('../../../packages/graph/src/ops/', import.meta.url)
const stale: string[] = []
for (const [name, text] of generatedFiles()) {
  const path = new URL(name, target)
  if (readIfThere(path) === text) continue
  stale.push(name)
  if (!process.argv.includes('--check')) writeFileSync(path, text)
}
if (process.argv.includes('--check') && stale.length > 0) {
  process.stderr.write(
    `Not up to date: ${stale.join(', ')}. Run \`pnpm --filter @damson/schemas generate\`.\n`,
  )
  process.exitCode = 1
} else {
  process.stdout.write(stale.length === 0 ? 'Up to date.\n' : `Written: ${stale.join(', ')}.\n`)
}

function readIfThere(path: URL): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
