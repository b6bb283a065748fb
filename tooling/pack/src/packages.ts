// The public packages of this workspace, and their tarballs.
import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface Package {
  /** `@damson/graph` */
  readonly name: string
  readonly folder: string
  readonly manifest: Readonly<Record<string, unknown>>
  /** Subpaths that can be imported: `.`, `./fora`. */
  readonly entries: readonly Entry[]
}

export interface Entry {
  readonly subpath: string
  /** The built module, relative to the package. */
  readonly module: string
}

export interface Tarball {
  readonly name: string
  readonly file: string
}

export const root: string = fileURLToPath(new URL('../../../', import.meta.url))

/** The packages that are published, built or not. */
export function publicPackages(): readonly Package[] {
  return readdirSync(join(root, 'packages')).flatMap(name => {
    const folder = join(root, 'packages', name)
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    if (manifest.private) return []
    return [
      { name: manifest.name, folder, manifest, entries: entriesOf(folder, manifest.publishConfig.exports) },
    ]
  })
}

/** Packs packages into a folder with `pnpm pack`, which applies publishConfig and replaces workspace ranges. */
export async function packInto(folder: string, packages: readonly Package[]): Promise<readonly Tarball[]> {
  const tarballs: Tarball[] = []
  for (const { name, folder: cwd } of packages) {
    const { stdout } = await pnpm(['pack', '--pack-destination', folder, '--json'], cwd)
    const { filename } = JSON.parse(stdout)
    tarballs.push({ name, file: join(folder, basename(filename)) })
  }
  return tarballs
}

/** Runs pnpm, from the path when a script of this workspace started us, else as the README does. */
export async function pnpm(
  args: readonly string[],
  cwd: string,
): Promise<{ stdout: string; stderr: string }> {
  const env = { ...process.env, CI: '1', npm_config_verify_deps_before_run: 'false' }
  const options = { cwd, env, maxBuffer: 1 << 26 }
  const found = await execute('pnpm', ['--version'], options).then(
    () => true,
    () => false,
  )
  return found ? execute('pnpm', args, options) : execute('npx', ['--yes', 'pnpm@10', ...args], options)
}

const execute = promisify(execFile)

function entriesOf(folder: string, exported: Readonly<Record<string, unknown>>): Entry[] {
  return Object.entries(exported).flatMap(([subpath, target]) => {
    const module = moduleOf(target)
    if (module === undefined) return []
    if (!module.includes('*')) return [{ subpath, module }]
    const [before = '', after = ''] = module.split('*')
    return namesIn(join(folder, before), after).map(name => ({
      subpath: subpath.replace('*', name),
      module: before + name + after,
    }))
  })
}

/** The built JavaScript that an `exports` target names; package.json and the like are none. */
function moduleOf(target: unknown): string | undefined {
  if (typeof target === 'object' && target !== null) return Object.values(target).map(moduleOf).find(Boolean)
  const isModule = typeof target === 'string' && target.endsWith('.js')
  return isModule ? target : undefined
}

function namesIn(folder: string, extension: string): string[] {
  const names = existing(folder).filter(name => name.endsWith(extension))
  return names.map(name => name.slice(0, -extension.length)).sort()
}

function existing(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
