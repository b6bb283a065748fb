import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { apiSnapshot } from './snapshot.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'damson-api-'))
  mkdirSync(join(folder, 'dist'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function snapshot(files: Readonly<Record<string, string>>): string {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, 'dist', name), text)
  const text = apiSnapshot('@x/y', folder, [['.', join(folder, 'dist/index.d.ts')]])
  return text.slice(text.indexOf('// @x/y\n'))
}

test('every exported declaration, sorted, without comments', () => {
  const text = snapshot({
    'index.d.ts': '/** Why. */\nexport declare function b(x: number): string;\nexport interface A { c: 1 }',
  })
  expect(text).toBe('// @x/y\nexport interface A {\n    c: 1;\n}\nexport function b(x: number): string;\n')
})

test('the names of chunks do not show', () => {
  const chunk = 'interface A { c: 1 }\nexport type { A as t };'
  const one = snapshot({ 'a-1.d.ts': chunk, 'index.d.ts': "export { t as A } from './a-1.js'" })
  expect(snapshot({ 'a-2.d.ts': chunk, 'index.d.ts': "export { t as A } from './a-2.js'" })).toBe(one)
  expect(one).toContain('export interface A')
})

test('what is mentioned but not exported shows too, transitively', () => {
  const text = snapshot({
    'index.d.ts':
      'interface C { d: 1 }\ninterface B { c: C }\ninterface Unused { x: 1 }\nexport declare const a: B;\nexport {}',
  })
  expect(text).toContain('// mentioned, not exported\ninterface B')
  expect(text).toContain('interface C')
  expect(text).not.toContain('Unused')
})

test('a changed signature changes the text', () => {
  const before = snapshot({ 'index.d.ts': 'export declare function a(x: number): void;' })
  expect(snapshot({ 'index.d.ts': 'export declare function a(x: number, y?: number): void;' })).not.toBe(
    before,
  )
})

test('the order in which the compiler met literals does not show', () => {
  const text = snapshot({ 'index.d.ts': 'export type A = 16 | 4 | 2;\nexport type B = "b" | "a" | number;' })
  expect(text).toContain('type A = 2 | 4 | 16;')
  expect(text).toContain('type B = "a" | "b" | number;')
})

test('a type that a declaration fetches from the module beside it is named as it is, and shown', () => {
  const text = snapshot({
    'index.d.ts': 'export declare const a: import("./learnt.js").Learnt<import("@x/y").Z>;',
    'learnt.d.ts': 'export interface Learnt<T> { codes: T }',
  })
  expect(text).toContain('const a: Learnt<Z>;')
  expect(text).toContain('interface Learnt<T>')
})

test('a missing build is an error', () => {
  expect(() => apiSnapshot('@x/y', folder, [['.', join(folder, 'dist/none.d.ts')]])).toThrow(/build first/)
})
