// Files and modules that the user names on the command line.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DamsonError } from '@damson/core'
import { pathIn } from './places.ts'

/** A text file. Throws `not-found` with what to check. */
export async function readTextFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new DamsonError('not-found', `Expected to read the file "${path}": ${String(cause)}.`, { cause })
  }
}

/** Writes a text file. */
export async function writeTextFile(path: string, text: string): Promise<void> {
  await writeFile(path, text)
}

/** Writes a file, with the folders that it is in. */
export async function writeBytes(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, bytes)
}

/** What a module exports: a path (`./mine.mjs`) or a package installed where the user stands. */
export async function loadModule(specifier: string, cwd: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    const loaded: Readonly<Record<string, unknown>> = await import(moduleUrl(specifier, cwd))
    return loaded
  } catch (cause) {
    throw new DamsonError(
      'no-module',
      `--use ${specifier}: expected a module that can be imported from ${cwd}: ${String(cause)}.`,
      { cause },
    )
  }
}

/** Where the modules lie, for another process to import. */
export function moduleUrls(specifiers: readonly string[] = [], cwd: string): readonly string[] {
  return specifiers.map(specifier => moduleUrl(specifier, cwd))
}

function moduleUrl(specifier: string, cwd: string): string {
  const isPath = /^(\.|\/|[a-zA-Z]:[\\/])/.test(specifier)
  const file = isPath ? pathIn(cwd, specifier) : createRequire(join(cwd, 'damson.mjs')).resolve(specifier)
  return pathToFileURL(file).href
}
