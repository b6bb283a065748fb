// What lies in a folder, seen past damson.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Files by path, without the hidden ones of a save under way. */
export function filesIn(path: string): Record<string, string> {
  if (!existsSync(path)) return {}
  const names = readdirSync(path, { recursive: true, withFileTypes: true }).filter(
    entry => entry.isFile() && !entry.name.startsWith('.'),
  )
  return Object.fromEntries(
    names.map(entry => {
      const full = join(entry.parentPath, entry.name)
      return [full.slice(path.length + 1), readFileSync(full, 'utf8')]
    }),
  )
}

/** Paths of hidden files and folders. */
export function hiddenIn(path: string): readonly string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).filter(name => /(^|\/)\./.test(name))
}
