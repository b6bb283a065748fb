// The small files beside the parts of a model: configurations, vocabularies, merges.
import type { Model } from '@damson/core'
import { DamsonError } from '@damson/graph'

/** The text of a file of the model's folder, or undefined when there is none. */
export async function readTextFile(model: Model, path: string): Promise<string | undefined> {
  const source = model.files.get(path)
  if (!source) return undefined
  const bytes = new Uint8Array(source.size)
  await source.read(0, bytes)
  return new TextDecoder().decode(bytes)
}

export type Json = Readonly<Record<string, unknown>>

/** A JSON object, or undefined when there is no such file. Throws `model-file` when it is not a JSON object. */
export async function readJsonFile(model: Model, path: string): Promise<Json | undefined> {
  const text = await readTextFile(model, path)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (isJson(value)) return value
  } catch (cause) {
    throw new DamsonError('model-file', `Expected JSON in "${path}", got text that is not.`, { cause })
  }
  throw new DamsonError('model-file', `Expected a JSON object in "${path}".`)
}

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A number of a configuration, or undefined. */
export function numberIn(json: Json | undefined, key: string): number | undefined {
  const value = json?.[key]
  return typeof value === 'number' ? value : undefined
}
