// A smash that is stopped at any moment leaves either the whole result or nothing, and never touches what it reads.
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { contentOf, folderWith } from './model-folders.ts'
import { damson } from './run-command.ts'
import { startDamson, type Running } from './spawn-command.ts'

const args = ['--with', 'weight-only:bits=8', '--no-verify']
const source = 'models/use_lite.onnx'

/** Waits until something beside the source shows in the folder: the write has begun. */
async function writingIn(folder: string, { child }: Running): Promise<void> {
  while (child.exitCode === null && (await readdir(folder)).length < 2) await setTimeout(1)
}

test.each([
  ['a folder', 'out'],
  ['a file', 'out.onnx'],
])(
  'killed while it writes %s',
  async (_, out) => {
    const folder = await folderWith(source, 'model.onnx')
    const before = await contentOf(folder)
    let left = 0
    // Moments after the write has begun, in milliseconds; the write takes longer than the first and less than the last.
    for (const moment of [0, 5, 20, 60, 150, 400]) {
      const running = startDamson(folder, 'smash', 'model.onnx', ...args, '-o', out)
      await writingIn(folder, running)
      await setTimeout(moment)
      running.child.kill('SIGKILL')
      await running.ended
      const names = await readdir(folder)
      if (names.includes(out)) expect(await damson(folder, 'inspect', out)).toMatchObject({ code: 0 })
      else left++
      expect(await contentOf(folder)).toMatchObject(before)
      for (const name of names.filter(name => name !== 'model.onnx'))
        await rm(join(folder, name), { recursive: true })
    }
    expect(left).toBeGreaterThan(0)
  },
  180_000,
)

test.each(['SIGINT', 'SIGTERM'] as const)('%s while it writes leaves nothing behind', async signal => {
  const folder = await folderWith(source, 'model.onnx')
  const before = await contentOf(folder)
  const running = startDamson(folder, 'smash', 'model.onnx', ...args, '-o', 'out')
  await writingIn(folder, running)
  running.child.kill(signal)
  expect(await running.ended).toMatchObject({ code: 130, notes: expect.stringMatching(/Stopped\. Nothing was written\.\n$/) }) // prettier-ignore
  expect(await contentOf(folder)).toEqual(before)
})
