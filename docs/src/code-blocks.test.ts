import { expect, test } from 'vitest'
import { codeBlocks, programOf } from './code-blocks.ts'
import { runBlock } from './run-block.ts'

const block = (code: string, above = ''): string => `# Title\n\n${above}\n\`\`\`ts\n${code}\n\`\`\`\n`

test('finds blocks of code, where they are and what they need', () => {
  const markdown =
    block('one()', '<!-- files: a.onnx = fixtures/a.onnx, b = models/b -->') + '```sh\nls\n```\n'
  const found = codeBlocks(markdown + block('two()', '<!-- not run: needs a browser -->'))
  expect(found.map(({ code }) => code)).toEqual(['one()\n', 'two()\n'])
  expect(found[0]).toMatchObject({
    line: 4,
    files: [
      ['a.onnx', 'fixtures/a.onnx'],
      ['b', 'models/b'],
    ],
  })
  expect(found[1]).toMatchObject({ skipped: 'needs a browser', files: [] })
})

test('lines keep their numbers', () => {
  const [found] = codeBlocks(block('const a = 1\na // => 1'))
  expect(found && programOf(found).split('\n').length).toBe(3)
})

test.each([
  'const a: number = 1 + 1 // => 2',
  'const a = [1]\nconsole.log(a) // => [1]',
  'Promise.resolve(1) instanceof Promise // => true',
  "import { readFileSync } from 'node:fs'\nreadFileSync('note.md', 'utf8').includes('Structural') // => true",
])('runs %s', async code => {
  const [found] = codeBlocks(block(code, '<!-- files: note.md = fixtures/README.md -->'))
  if (found === undefined) throw new Error('no block')
  await runBlock(found)
})

test.each([
  ['const a = 1 + 1 // => 3', /3/],
  ['console.log(1) // => 2', /2/],
  ["throw new Error('oh')", /oh/],
  ["import { nothing } from '@damson/nowhere'\nnothing()", /nowhere/],
])('a block that is wrong fails: %s', async (code, message) => {
  const [found] = codeBlocks(block(code))
  if (found === undefined) throw new Error('no block')
  await expect(runBlock(found)).rejects.toThrow(message)
})
