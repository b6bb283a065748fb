// Files of one JSON object a line.
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { DamsonError } from '@damson/core'

export interface JsonLine {
  /** Where it stands: `samples.jsonl:3`. */
  readonly at: string
  readonly value: Readonly<Record<string, unknown>>
}

/** The objects of a file, one line in memory at a time; empty lines are left out. Throws `samples` naming the line. */
export async function* jsonObjects(path: string): AsyncIterable<JsonLine> {
  const lines = createInterface({ input: createReadStream(path, 'utf8'), crlfDelay: Infinity })
  let number = 0
  for await (const line of lines) {
    number++
    const text = number === 1 ? line.replace(/^\uFEFF/, '') : line
    const at = `${basename(path)}:${number}`
    if (text.trim() !== '') yield { at, value: objectOf(text, at) }
  }
}

function objectOf(text: string, at: string): JsonLine['value'] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw invalid(at, `expected JSON: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
  if (isObject(value)) return value
  throw invalid(at, `expected an object, got ${text.slice(0, 40)}`)
}

/** True for objects that are no lists. */
export function isObject(value: unknown): value is JsonLine['value'] {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function invalid(at: string, why: string): DamsonError {
  return new DamsonError('samples', `${at}: ${why}.`)
}
