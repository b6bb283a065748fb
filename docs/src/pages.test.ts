// Every code block of the README and of the docs runs, and every link to a file of the repository leads somewhere.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { codeBlocks } from './code-blocks.ts'
import { runBlock } from './run-block.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter(path => path.endsWith('.md') && !/node_modules|\.blocks/.test(path))
  .map(path => join('docs', path))
const ofPackages = readdirSync(join(root, 'packages'))
  .map(name => join('packages', name, 'README.md'))
  .filter(path => existsSync(join(root, path)))
const pages = ['README.md', 'CONTRIBUTING.md', ...ofPackages, ...inDocs.sort()]

// Blocks are programs of their own, in folders of their own: two run at a time.
describe.concurrent.each(pages)('%s', page => {
  const markdown = readFileSync(join(root, page), 'utf8')

  test('its links lead somewhere', () => {
    const links = [...markdown.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(match => match[1] ?? '')
    const local = links.filter(link => !/^[a-z]+:/.test(link))
    expect(local.filter(link => !existsSync(join(root, dirname(page), link)))).toEqual([])
  })

  for (const block of codeBlocks(markdown)) {
    const title = `its code at line ${block.line} runs`
    if (block.skipped === undefined) test(title, () => runBlock(block))
    else test.skip(`${title} (not run: ${block.skipped})`, () => {})
  }
})
