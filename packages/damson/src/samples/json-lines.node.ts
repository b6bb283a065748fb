// Samples as JSON lines: one object a line, `{ "part": "unet", "inputs": { "sample": [[…]] } }`, inputs as nested lists.
import { DamsonError } from '@damson/core'
import { tensorOfNested } from '@damson/runtime'
import type { RawSample } from './checked-sample.ts'
import { isObject, jsonObjects, type JsonLine } from './json-objects.node.ts'

/** True for a file whose first line is no sample but something to ask a pipeline. */
export async function asksPipeline(path: string): Promise<boolean> {
  for await (const { value } of jsonObjects(path)) return !('inputs' in value || 'part' in value)
  return false
}

/** The samples of a file, one line in memory at a time. Throws `samples` naming the line. */
export async function* jsonLines(path: string): AsyncIterable<RawSample> {
  for await (const line of jsonObjects(path)) yield sampleOf(line)
}

function sampleOf({ at, value }: JsonLine): RawSample {
  const { part, inputs, ...others } = value
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

function invalid(at: string, why: string): DamsonError {
  return new DamsonError('samples', `${at}: ${why}.`)
}
