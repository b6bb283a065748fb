// A smoke test of the built command on whichever Node runs this: quantizes a small model to 4 bits, which also runs
// it before and after, and reads the result back.
import { strictEqual } from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
const { bin } = JSON.parse(readFileSync(new URL('packages/damson/package.json', root), 'utf8'))
const command = fileURLToPath(new URL(`packages/damson/${bin.damson}`, root))
const model = fileURLToPath(new URL('tooling/zoo/fixtures/bert-tiny-ts/model.onnx', root))
const folder = mkdtempSync(join(tmpdir(), 'damson-smoke-'))
const out = join(folder, 'model.onnx')

try {
  console.log(`Node ${process.version}`)
  damson('smash', model, '--with', 'weight-only:bits=4', '-o', out)
  strictEqual(
    statSync(out).size < statSync(model).size / 2,
    true,
    'expected a model of less than half the size',
  )
  const inspected = JSON.parse(damson('inspect', out, '--json'))
  strictEqual(typeof inspected, 'object')
  console.log('ok')
} finally {
  rmSync(folder, { recursive: true })
}

function damson(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [command, ...args], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`damson ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`)
  return stdout
}
