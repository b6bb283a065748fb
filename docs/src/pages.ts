// The pages that readers have: of the repository, of its packages, and the docs.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('../../', import.meta.url))

const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.md') && !/node_modules|\.blocks/.test(path))
  .map(path => join('docs', path))
const ofPackages = readdirSync(join(root, 'packages'))
  .map(name => join('packages', name, 'README.md'))
  .filter(path => existsSync(join(root, path)))

/** Paths from `root`. */
export const pages: readonly string[] = ['README.md', 'CONTRIBUTING.md', ...ofPackages, ...inDocs.sort()]
