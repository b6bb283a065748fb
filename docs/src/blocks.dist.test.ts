// Every code block of the README and of the docs runs.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'vitest'
import { codeBlocks } from './code-blocks.ts'
import { pages, root } from './pages.ts'
import { runBlock } from './run-block.ts'

const found = pages.map(page => [page, codeBlocks(readFileSync(join(root, page), 'utf8'))] as const)

// Blocks are programs of their own, in folders of their own: two run at a time.
describe.concurrent.each(found.filter(([, blocks]) => blocks.length > 0))('%s', (_, blocks) => {
  for (const block of blocks) {
    const title = `its code at line ${block.line} runs`
    if (block.skipped === undefined) test(title, () => runBlock(block))
    else test.skip(`${title} (not run: ${block.skipped})`, () => {})
  }
})
