// A copy of this workspace as a fresh clone of it would be, for tests that change files. Models are linked, not copied.
import { execFileSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from './packages.ts'

/** Copies what git tracks or would track into `folder`; without its node_modules. */
export function copyWorkspace(folder: string): void {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    maxBuffer: 1 << 28,
  })
  for (const path of listed.toString('utf8').split('\0')) {
    if (path === '' || !existsSync(join(root, path))) continue
    const target = join(folder, path)
    mkdirSync(dirname(target), { recursive: true })
    if (path.endsWith('.onnx')) symlinkSync(join(root, path), target)
    else copyFileSync(join(root, path), target)
  }
}
