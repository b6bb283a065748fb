// Code blocks of Markdown files as programs, so that what the docs show is known to run. Blocks fenced as js or ts are
// taken; a comment above a block says what it needs: `<!-- files: model.onnx = fixtures/bert-tiny-ts/model.onnx -->`
// puts a file of the zoo beside it, `<!-- not run: reason -->` leaves it out and says so. `// => value` at the end of
// a line is an assertion.

export interface CodeBlock {
  /** The line of the fence, from 1. */
  readonly line: number
  readonly language: 'js' | 'ts'
  readonly code: string
  /** Files to put beside the program: their name there, and their path in the zoo. */
  readonly files: readonly (readonly [string, string])[]
  /** Why it is not run. */
  readonly skipped?: string
}

const fence = /^```(js|ts)\n([\s\S]*?)^```$/gm

/** The code blocks of a Markdown text. */
export function codeBlocks(markdown: string): readonly CodeBlock[] {
  return [...markdown.matchAll(fence)].map(match => {
    const above = markdown.slice(0, match.index)
    const comment = /<!-- (files|not run): ([^\n]*?) -->\s*$/.exec(above)
    const skipped = comment?.[1] === 'not run' ? { skipped: comment[2] ?? '' } : {}
    return {
      line: above.split('\n').length,
      language: match[1] === 'js' ? 'js' : 'ts',
      code: match[2] ?? '',
      files: comment?.[1] === 'files' ? filesOf(comment[2] ?? '') : [],
      ...skipped,
    }
  })
}

function filesOf(list: string): [string, string][] {
  return list.split(',').map(item => {
    const [name, path] = item.split('=').map(side => side.trim())
    if (!name || !path) throw new Error(`expected "name = path in the zoo", got "${item}"`)
    return [name, path]
  })
}

/** A block as a module that throws where an assertion does not hold. Every line keeps its number. */
export function programOf(block: CodeBlock): string {
  const imported = `import { deepStrictEqual as __same } from 'node:assert/strict'; `
  return imported + block.code.split('\n').map(checkedLine).join('\n')
}

/** `a + b // => 3`, `const c = a + b // => 3` and `console.log(c) // => 3` are assertions. */
function checkedLine(line: string): string {
  const match = /^(.*?)\s*;?\s*\/\/ => (.+)$/.exec(line)
  if (match === null) return line
  const [, code = '', expected = ''] = match
  const declared = /^\s*(?:const|let)\s+(\w+)\s*(?::[^=]*)?=/.exec(code)?.[1]
  if (declared !== undefined) return `${code}; __same(${declared}, (${expected}))`
  const printed = /^\s*console\.log\((.*)\)$/.exec(code)?.[1]
  return `;__same((${printed ?? code.trim()}), (${expected}))`
}
