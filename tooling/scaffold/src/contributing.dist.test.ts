// CONTRIBUTING's three steps, taken as they are written there in a copy of the repository: an algorithm is added, its
// idea filled in, and everything passes. The copy shares the cache of builds, which is why this runs in `test:dist`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { built } from '@damson/config/node'
import { copyWorkspace, plainEnvironment, root } from '@damson/pack'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const guide = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8')
const section = guide.slice(guide.indexOf('## Add an algorithm'), guide.indexOf('## Work on the rest'))
const steps = section.split(/^\d\. /m).slice(1)

/** The commands that a step shows. */
function commandsOf(step: string): readonly string[] {
  const blocks = [...step.matchAll(/```sh\n([\s\S]*?)```/g)].map(match => match[1] ?? '')
  return blocks.flatMap(block => block.split('\n').map(line => line.trim())).filter(line => line !== '')
}

test('there are three steps', () => {
  expect(steps.map(step => commandsOf(step).length)).toEqual([1, 0, 4])
})

describe.runIf(built)("CONTRIBUTING's steps, in a copy", () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'damson-contributing-'))
    copyWorkspace(folder)
    run('git init -q && git add -A')
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  function run(command: string): void {
    const env = { ...plainEnvironment(), CI: '', TURBO_CACHE_DIR: join(root, '.turbo/cache') }
    const { status, stdout, stderr } = spawnSync(command, { cwd: folder, shell: true, encoding: 'utf8', env })
    if (status !== 0) throw new Error(`${command} ended with ${status}\n${stdout}\n${stderr}`)
  }

  test('1: the scaffold', () => {
    for (const command of commandsOf(steps[0] ?? '')) run(command)
  }, 120_000)

  test('2: the idea', () => {
    const file = join(folder, 'packages/quantizers/src/algorithms/my-rounding.ts')
    const text = readFileSync(file, 'utf8')
    const filled = text.replace('Clips the weights', 'Clips all weights')
    expect(filled).not.toBe(text)
    writeFileSync(file, filled)
  })

  test('3: the suite, the public API, the checks, the changeset', () => {
    // The questions of `changeset` are left out: a test answers none.
    for (const command of commandsOf(steps[2] ?? '')) run(command.replace(/changeset$/, 'changeset --empty'))
  }, 1_200_000)
})
