// Where a model of the zoo lies on this machine. The committed part (this package, and the embedded model of
// apps/demo) is always there; the rest is found in the folder that DAMSON_ZOO names, which has the same layout:
// models/, fixtures/, emoji/. `catalogue.json` lists every file of the whole zoo, so that what is missing is
// known by name and reported, never silently left out. A relative DAMSON_ZOO starts at the repository's root.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** One file of the zoo, by its path in the zoo's layout: `models/use_lite.onnx`. */
export interface ZooEntry {
  readonly path: string
  readonly bytes: number
}

/** A file of the zoo that is present on this machine. */
export interface ZooModel extends ZooEntry {
  /** Absolute path of the file. */
  readonly file: string
  /** True when a fresh clone has it. */
  readonly committed: boolean
}

const here = dirname(dirname(fileURLToPath(import.meta.url)))
const workspace = dirname(dirname(here))

function committedRoot(path: string): string {
  return path.startsWith('emoji/')
    ? join(workspace, 'apps/demo/models', path.slice('emoji/'.length))
    : join(here, path)
}

function externalRoot(path: string): string | undefined {
  const zoo = process.env['DAMSON_ZOO']
  return zoo ? resolve(workspace, zoo, path) : undefined
}

function locate(path: string): { file: string; committed: boolean } | undefined {
  const committed = committedRoot(path)
  if (existsSync(committed)) return { file: committed, committed: true }
  const external = externalRoot(path)
  return external !== undefined && existsSync(external) ? { file: external, committed: false } : undefined
}

/** The absolute path of a file or folder of the zoo (`models/use_lite.onnx`, `emoji/emoji-unet`), or undefined when this machine has it not. */
export function zooFile(path: string): string | undefined {
  return locate(path)?.file
}

/** Like {@link zooFile}, but a missing file is an error that says how to get it. */
export function requireZoo(path: string): string {
  const file = zooFile(path)
  if (file !== undefined) return file
  throw new Error(`expected ${path} in the zoo, found nothing; set DAMSON_ZOO to a folder that holds ${path}`)
}

/** Every `.onnx` file of the whole zoo, present here or not, in a stable order. */
export function zooCatalogue(): readonly ZooEntry[] {
  return JSON.parse(readFileSync(join(here, 'catalogue.json'), 'utf8')) as ZooEntry[]
}

/** The `.onnx` files of the zoo that this machine has. */
export function zooModels(): readonly ZooModel[] {
  return zooCatalogue().flatMap(entry => {
    const found = locate(entry.path)
    return found ? [{ ...entry, ...found }] : []
  })
}
