import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { nodeArguments } from '@damson/config/node'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('./isolated-run.mjs', import.meta.url))
const leftIn = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder)).filter(name => name.startsWith('damson-'))

// float16 inputs fail in Node 24 without damson's workaround; this is the test of it when run there.
test.each(['thread', 'worker', 'process'])(
  'a program with a %s ends by itself, after close',
  async isolate => {
    const { stdout } = await promisify(execFile)(process.execPath, [...nodeArguments(), script, isolate])
    expect(stdout.trim()).toBe('closed, 16384')
  },
)

test('a signal ends a program and leaves no temporary files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'runtime-test-'))
  const program = spawn(process.execPath, [...nodeArguments(), script, 'process', 'wait'], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise(resolve => program.stdout.once('data', resolve))
  expect(await leftIn(folder)).toHaveLength(1)
  const ended = new Promise(resolve => program.once('exit', (_, signal) => resolve(signal)))
  program.kill('SIGTERM')
  expect(await ended).toBe('SIGTERM')
  expect(await leftIn(folder)).toEqual([])
  await rm(folder, { recursive: true })
})
