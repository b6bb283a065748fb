// Declarations of all published packages, one beside each module. One program reads every source once: rolling them up package
// by package checks what a package imports again, and took six times as long.
import { spawn } from 'node:child_process'
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publicPackages, root } from '@damson/pack'
import { namingModules } from './naming-modules.ts'

const settings = fileURLToPath(new URL('../emit.json', import.meta.url))

/** Writes them into the `dist` of each package; gives what the compiler has to say, nothing when all is well. */
export async function writeDeclarations(): Promise<readonly string[]> {
  const made = await mkdtemp(join(tmpdir(), 'damson-declarations-'))
  try {
    const problems = await emitted(made)
    if (problems.length > 0) return problems
    for (const { folder } of publicPackages()) {
      const dist = join(folder, 'dist')
      for (const file of await declarationsIn(dist)) await rm(file)
      const from = join(made, basename(folder), 'src')
      for (const file of await declarationsIn(from))
        await writeFile(file, namingModules(await readFile(file, 'utf8')))
      await cp(from, dist, { recursive: true })
    }
    return []
  } finally {
    await rm(made, { recursive: true, force: true })
  }
}

async function emitted(folder: string): Promise<readonly string[]> {
  const tsc = join(root, 'node_modules/.bin/tsc')
  const child = spawn(tsc, ['-p', settings, '--outDir', folder], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.on('data', chunk => (output += String(chunk)))
  const code = await new Promise(resolve => child.on('close', resolve))
  return code === 0 ? [] : [output]
}

async function declarationsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  return names.filter(name => name.endsWith('.d.ts')).map(name => join(folder, name))
}
