// Every link of the README and of the docs to a file of the repository leads somewhere.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { pages, root } from './pages.ts'

test.each(pages)('the links of %s lead somewhere', page => {
  const markdown = readFileSync(join(root, page), 'utf8')
  const links = [...markdown.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(match => match[1] ?? '')
  const local = links.filter(link => !/^[a-z]+:/.test(link))
  expect(local.filter(link => !existsSync(join(root, dirname(page), link)))).toEqual([])
})
