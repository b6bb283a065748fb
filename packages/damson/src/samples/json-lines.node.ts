// Samples as JSON lines: one object a line, `{ "part": "unet", "inputs": { "sample": [[…]] } }`, inputs as nested lists.
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { DamsonError } from '@damson/core'
import { tensorOfNested } from '@damson/runtime'
import type { RawSample } from './checked-sample.ts'

/** The samples of a file, one line in memory at a time. Throws `samples` naming the line. */
export async function* jsonLines(path: string): AsyncIterable<RawSample> {
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })
  let number = 0
  for await (const line of lines) {
    number++
    const text = number === 1 ? line.replace(/^\uFEFF/, '') : line
    if (text.trim() !== '') yield sampleOf(text, `${basename(path)}:${number}`)
  }
}

function sampleOf(text: string, at: string): RawSample {
  const { part, inputs, ...others } = objectOf(text, at)
  const unknown = Object.keys(others)[0]
  if (unknown !== undefined)
    throw invalid(at, `expected { "part": …, "inputs": { … } }, got the key "${unknown}"`)
  if (part !== undefined && typeof part !== 'string')
    throw invalid(at, `expected "part" to be a name, got ${JSON.stringify(part)}`)
  if (!isObject(inputs)) throw invalid(at, `expected "inputs" to be an object, got ${JSON.stringify(inputs)}`)
  const readers = Object.entries(inputs).map(
    ([name, value]) => [name, async (dtype: string) => tensorOfNested(value, dtype)] as const,
  )
  return { at, inputs: new Map(readers), ...(part === undefined ? {} : { part }) }
}

function objectOf(text: string, at: string): Readonly<Record<string, unknown>> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid(at, `expected JSON: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  if (isObject(value)) return value
  throw invalid(at, `expected an object, got ${text.slice(0, 40)}`)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(at: string, why: string): DamsonError {
  return new DamsonError('samples', `${at}: ${why}.`)
}
