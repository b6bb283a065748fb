// Paths inside folders: relative, with `/`, never upwards, so a model cannot reach outside its folder.
import { DamsonError } from '../error.ts'

/** The path with `./` taken off. Throws `path` for absolute ones, `..`, backslashes, empty names and NUL. */
export function innerPath(path: string): string {
  const parts = path.replace(/^(\.\/)+/, '').split('/')
  const fine = parts.every(
    part => part !== '' && part !== '.' && part !== '..' && !/[\\\0]|^[A-Za-z]:/.test(part),
  )
  if (fine) return parts.join('/')
  throw new DamsonError(
    'path',
    `Expected a path inside the folder, relative and with "/", got ${JSON.stringify(path)}. Absolute paths and ".." are refused.`,
    { details: { path } },
  )
}

/** The path of a file that stands beside another one. */
export function beside(path: string, name: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? name : `${path.slice(0, slash)}/${name}`
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}
