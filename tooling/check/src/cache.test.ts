// A cached pass must not be stale: what stands on a package runs again when a source of it changes, and only that. Asked
// of turbo itself, on a copy of the workspace in which files are touched.
import { execFileSync } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { copyWorkspace, root } from '@damson/pack'
import { afterAll, beforeAll, expect, test } from 'vitest'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'damson-cache-'))
  copyWorkspace(folder)
  // turbo hashes what git sees.
  execFileSync('git', ['init', '-q'], { cwd: folder })
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Hashes of a task by package, as turbo would look them up in its cache. */
function hashes(task: string): Readonly<Record<string, string>> {
  const turbo = join(root, 'node_modules/.bin/turbo')
  const output = execFileSync(turbo, ['run', task, '--dry=json'], {
    stdio: 'pipe',
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const { tasks }: { tasks: { task: string; package: string; hash: string }[] } = JSON.parse(output)
  return Object.fromEntries(tasks.filter(each => each.task === task).map(each => [each.package, each.hash]))
}

function changedBy(path: string, task: string): readonly string[] {
  const before = hashes(task)
  appendFileSync(join(folder, path), '\n')
  const after = hashes(task)
  return Object.keys(after).filter(name => after[name] !== before[name])
}

test('a source of graph re-runs the tests of what stands on it', () => {
  const changed = changedBy('packages/graph/src/ir.ts', 'test')
  expect(changed).toEqual(
    expect.arrayContaining(['@damson/graph', '@damson/core', '@damson/quantizers', 'damson']),
  )
  expect(changed).not.toContain('@damson/numerics')
})

test('so do its types', () => {
  expect(changedBy('packages/graph/src/ir.ts', 'types')).toContain('@damson/core')
})

test('a fixture re-runs the tests that use the zoo', () => {
  const changed = changedBy('tooling/zoo/fixtures/index.json', 'test')
  expect(changed).toEqual(expect.arrayContaining(['@damson/zoo', '@damson/docs']))
})

test('the embedded model belongs to the zoo', () => {
  expect(changedBy('apps/demo/models/emoji-unet/model_index.json', 'test')).toContain('@damson/docs')
})

test('the assembly of numerics re-runs its tests and what stands on it', () => {
  const changed = changedBy('packages/numerics/assembly/index.ts', 'test')
  expect(changed).toEqual(expect.arrayContaining(['@damson/numerics', '@damson/quantizers']))
})

test('the README re-runs the tests of the docs, and no others of packages', () => {
  const changed = changedBy('README.md', 'test')
  expect(changed).toContain('@damson/docs')
  expect(changed).not.toContain('@damson/graph')
})

test('a test re-runs no build', () => {
  expect(changedBy('packages/core/src/params.test.ts', 'build')).toEqual([])
})
