// A scaffold passes the house rules, for a family that exists and for a new one. Here on a folder with the few files that
// it edits; contributing.dist.test.ts takes the steps of CONTRIBUTING in a copy of the repository.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineAlgorithm, int } from '@damson/core'
import { houseRules, report, workspaceOf } from '@damson/structure'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { withLine } from './family.ts'
import { namesOf } from './names.ts'
import { pageOf } from './page.ts'
import { scaffold } from './scaffold.ts'

const repository = fileURLToPath(new URL('../../../', import.meta.url))
const edited = [
  'packages/damson/package.json',
  'packages/damson/src/families.ts',
  'packages/damson/src/index.ts',
  'tooling/pack/budgets.json',
]
let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'damson-new-'))
  for (const path of edited) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    cpSync(join(repository, path), join(root, path))
  }
})
afterEach(() => rmSync(root, { recursive: true }))

function filesOf(folder: string): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = paths.filter(path => statSync(join(folder, path)).isFile())
  return Object.fromEntries(files.map(path => [path, readFileSync(join(folder, path), 'utf8')]))
}

test.each(['pruners', 'cachers'])('a scaffold in %s passes the house rules', family => {
  rmSync(join(root, 'packages', family), { recursive: true, force: true })
  const { newFamily } = scaffold(root, namesOf(family, 'my-idea'))
  scaffold(root, namesOf(family, 'another-idea'))
  expect(newFamily).toBe(true)

  const files = filesOf(root)
  for (const stem of ['my-idea', 'another-idea']) files[`docs/algorithms/${family}/${stem}.md`] = 'the page'
  files[`packages/${family}/README.md`] = 'what npm shows'
  const own = Object.fromEntries(
    Object.entries(files).filter(([path]) => !path.startsWith('packages/damson/')),
  )
  const breaches = Object.values(houseRules).flatMap(rule => rule(workspaceOf(own)))
  expect(report(breaches.filter(({ file }) => file.includes(family)))).toBe('')
  expect(files[`packages/${family}/src/index.ts`]).toContain(
    "export { anotherIdea } from './algorithms/another-idea.ts'\nexport { myIdea } from './algorithms/my-idea.ts'\n",
  )
})

test('a new family is bound by the umbrella, once', () => {
  scaffold(root, namesOf('pruners', 'my-idea'))
  const files = filesOf(root)
  expect(files['packages/damson/src/families.ts']).toMatch(/import \* as pruners from '@damson\/pruners'/)
  const listed = /= \{\n([^}]+)\}/.exec(files['packages/damson/src/families.ts'] ?? '')?.[1]
  const names = listed?.split(',').map(name => name.trim()).filter(name => name !== '') ?? [] // prettier-ignore
  expect(names.filter(name => name === 'pruners').length).toBe(1)
  expect(names).toEqual(names.toSorted())
  expect(names.length).toBeGreaterThan(2)
  expect(files['packages/damson/src/index.ts']).toContain("export * from '@damson/pruners'")
  expect(JSON.parse(files['packages/damson/package.json'] ?? '').dependencies['@damson/pruners']).toBe(
    'workspace:^',
  )
  expect(JSON.parse(files['tooling/pack/budgets.json'] ?? '')['@damson/pruners']).toBeGreaterThan(0)
})

test('what exists is not overwritten', () => {
  scaffold(root, namesOf('pruners', 'my-idea'))
  expect(() => scaffold(root, namesOf('pruners', 'my-idea'))).toThrow(/exists already/)
})

test('names that break the rules are refused', () => {
  expect(() => namesOf('quantisers', 'a')).toThrow(/expected a family \(quantizers, /)
  expect(() => namesOf('quantizers', 'myRounding')).toThrow(/kebab-case/)
})

test('a line goes among its like, in order', () => {
  const like = /^export/
  expect(withLine('a\nexport b\nexport d\n', 'export c', like)).toBe('a\nexport b\nexport c\nexport d\n')
  expect(withLine('a\nexport b\n', 'export c', like)).toBe('a\nexport b\nexport c\n')
  expect(withLine('a\n', 'export c', like)).toBe('export c\na\n')
})

test('a page keeps its body and renews its head', () => {
  const define = (summary: string) =>
    defineAlgorithm({
      ...{ id: '@damson/pruners/my-idea', version: 1, summary },
      contract: { takes: ['weight:dense'] },
      params: { ratio: int({ min: 1, max: 9, default: 2, doc: 'How much | how little.' }) },
      groups: () => [],
    })
  const first = pageOf(define('One.').algorithm, 'myIdea')
  expect(first).toContain('| `ratio` | `2` | int 1…9 | How much \\| how little. |')
  expect(first).toContain('`weight:dense`')
  const written = first.replace('Unmeasured.', 'Half the size.')
  const second = pageOf(define('Two.').algorithm, 'myIdea', written)
  expect(second).toContain('Two.')
  expect(second).not.toContain('One.')
  expect(second).toContain('Half the size.')
})
