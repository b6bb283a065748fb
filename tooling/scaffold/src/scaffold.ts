// What a new algorithm takes: a file, its test, its line in the family's index, and, for the first of a family, the
// package. Files that exist are never overwritten. The page is written from the definition, once that can be loaded.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { familyFiles, withLine, type Files } from './family.ts'
import type { Names } from './names.ts'
import { algorithmText, testText } from './template.ts'

/** What was written, and whether a package is new and has to be installed. */
export interface Scaffolded {
  readonly files: readonly string[]
  readonly newFamily: boolean
}

/** Writes the files of a new algorithm into the repository at `root`. */
export function scaffold(root: string, names: Names): Scaffolded {
  const { family, stem } = names
  const algorithm = `packages/${family}/src/algorithms/${stem}.ts`
  if (existsSync(join(root, algorithm)))
    throw new Error(`${algorithm} exists already; choose another name or edit it`)
  const newFamily = !existsSync(join(root, 'packages', family))
  if (newFamily) write(root, familyFiles(root, family))
  const index = `packages/${family}/src/index.ts`
  const line = `export { ${names.exported} } from './algorithms/${stem}.ts'`
  const files = {
    [algorithm]: algorithmText(names),
    [algorithm.replace(/\.ts$/, '.test.ts')]: testText(names),
    [index]: withLine(readFileSync(join(root, index), 'utf8'), line, / from '\.\/algorithms\//),
  }
  write(root, files)
  return { files: Object.keys(files), newFamily }
}

function write(root: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}
