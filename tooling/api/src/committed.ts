// The committed snapshots, one a package.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publicPackages, type Package } from '@damson/pack'
import { apiSnapshot } from './snapshot.ts'

const folder = fileURLToPath(new URL('../snapshots/', import.meta.url))

/** Packages whose API differs from the committed one, with the first line that does. Needs the builds. */
export function apiProblems(): readonly string[] {
  return publicPackages().flatMap(found => {
    const [file, now] = [fileOf(found), textOf(found)]
    const before = existsSync(file) ? readFileSync(file, 'utf8') : ''
    return before === now
      ? []
      : [
          `${found.name}: the public API changed: ${firstDifference(before, now)}; \`pnpm api --update\` accepts it`,
        ]
  })
}

/** Writes the snapshots as the builds are now. */
export function updateApi(): void {
  mkdirSync(folder, { recursive: true })
  for (const found of publicPackages()) writeFileSync(fileOf(found), textOf(found))
}

function textOf({ name, folder: root, entries }: Package): string {
  return apiSnapshot(
    name,
    root,
    entries.map(({ subpath, module }) => [subpath, join(root, module.replace(/\.js$/, '.d.ts'))]),
  )
}

function fileOf({ name }: Package): string {
  return join(folder, `${name.replace('@damson/', '')}.d.ts`)
}

function firstDifference(before: string, now: string): string {
  const [old, lines] = [before.split('\n'), now.split('\n')]
  const at = lines.findIndex((line, index) => line !== old[index])
  return at < 0 ? `"${old[lines.length]}" is gone` : `line ${at + 1} is now "${lines[at]}"`
}
