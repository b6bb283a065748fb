// Against the official parser and printer of onnx 1.23 (tooling/peers/onnx-text-golden.py).
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { difference } from '../check/difference.ts'
import { parseGraph } from '../file/read.ts'
import { parse } from './parse.ts'
import { print } from './print.ts'

interface Row {
  readonly name: string
  /** The official parser's model of the case, base64. */
  readonly model: string
  /** The official printer's text of it. */
  readonly printed: string
  /** Whether the official parser makes the same of `ours`. */
  readonly oursIsEqual: boolean
  readonly ours: string
}

const folder = new URL('../../test/golden/text/', import.meta.url)
const header = '<ir_version: 10, opset_import: ["": 21, "com.microsoft": 1, "d": 1]>\n'
const rows: readonly Row[] = JSON.parse(readFileSync(new URL('official.json', folder), 'utf8'))
const cases = readFileSync(new URL('cases.txt', folder), 'utf8').split('\n----\n')
const bytes = (row: Row): Uint8Array => Uint8Array.from(Buffer.from(row.model, 'base64'))
const ours = cases.map(text => print(parse(header + text), { tensors: 'all' }))

test('our texts are those that the official parser was given', async () => {
  await expect(ours.join('\n----\n')).toMatchFileSnapshot(new URL('ours.txt', folder).pathname)
})

describe.each(rows.map((row, at) => [row.name, row, at] as const))('%s', (name, row, at) => {
  test('we read what the official parser reads', () => {
    expect(difference(parse(header + cases[at]), parseGraph(bytes(row)))).toBe(undefined)
  })

  test('the official parser reads what we print', () => {
    expect(row.ours).toBe(ours[at])
    expect(row.oursIsEqual).toBe(true)
  })

  // The official printer leaves out types of 4 bits and complex numbers, and defaults and types of functions.
  test.skipIf(['tensors', 'main graph', 'functions'].includes(name))(
    'we read what the official printer prints',
    () => {
      expect(difference(parse(row.printed), parseGraph(bytes(row)))).toBe(undefined)
    },
  )
})
