// The pages of all algorithms of this repository, as their definitions want them.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AnyAlgorithm } from '@damson/core'
import { format, resolveConfig } from 'prettier'
import { familyReadme } from './family-readme.ts'
import { pageOf } from './page.ts'

/** Texts by path: the page of every algorithm and the README of every family; `only` limits them to one family and stem. */
export async function pages(
  root: string,
  only?: { family: string; stem: string },
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  const put = async (path: string, textAfter: (before?: string) => string): Promise<void> => {
    const text = textAfter(existing(join(root, path)))
    // As the formatter wants it, so that what is generated and what is committed compare equal.
    found.set(path, await format(text, { ...(await resolveConfig(join(root, path))), filepath: path }))
  }
  const files = algorithmFiles(root).filter(({ family }) => only === undefined || family === only.family)
  for (const family of new Set(files.map(each => each.family))) {
    const defined: { stem: string; name: string; algorithm: AnyAlgorithm }[] = []
    for (const { stem, file } of files.filter(each => each.family === family))
      defined.push({ stem, ...(await definedIn(file)) })
    for (const { stem, name, algorithm } of defined) {
      if (only !== undefined && only.stem !== stem) continue
      await put(join('docs/algorithms', family, `${stem}.md`), before => pageOf(algorithm, name, before))
    }
    const manifest = JSON.parse(readFileSync(join(root, 'packages', family, 'package.json'), 'utf8'))
    await put(join('packages', family, 'README.md'), before => familyReadme(manifest, defined, before))
  }
  return found
}

/** Pages whose head is not what the definition says. */
export async function stalePages(root: string): Promise<readonly string[]> {
  return [...(await pages(root))]
    .filter(([path, text]) => existing(join(root, path)) !== text)
    .map(([path]) => path)
}

/** Writes pages; bodies written by hand stay. */
export function writePages(root: string, texts: ReadonlyMap<string, string>): void {
  for (const [path, text] of texts) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

function algorithmFiles(root: string): { family: string; stem: string; file: string }[] {
  return readdirSync(join(root, 'packages')).flatMap(family => {
    const folder = join(root, 'packages', family, 'src/algorithms')
    const names = existsSync(folder) ? readdirSync(folder).filter(name => /^[a-z0-9-]+\.ts$/.test(name)) : []
    return names.sort().map(name => ({ family, stem: basename(name, '.ts'), file: join(folder, name) }))
  })
}

async function definedIn(file: string): Promise<{ name: string; algorithm: AnyAlgorithm }> {
  const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(file).href)
  const found = Object.entries(module).find(([, value]) => isDefined(value))
  if (found === undefined || !isDefined(found[1])) throw new Error(`expected ${file} to export an algorithm`)
  return { name: found[0], algorithm: found[1].algorithm }
}

function isDefined(value: unknown): value is { readonly algorithm: AnyAlgorithm } {
  return typeof value === 'function' && 'algorithm' in value
}

function existing(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}
