// What ONNX text has no words for, as JSON in a comment that starts with `#:`, which the official parser skips: doc
// strings and metadata of everything below the model, and the origins that provenance keeps.
import type { Scanner } from './scanner.ts'

export interface Notes {
  readonly doc?: string
  readonly metadata?: ReadonlyMap<string, string>
}

/** The note in front of what comes next; empty when there is none. Throws a `text` error when it is not such JSON. */
export function takeNote(scan: Scanner): {
  readonly notes: Notes
  readonly origins?: readonly string[]
} {
  const json = scan.takeNote()
  if (json === undefined) return { notes: {} }
  const { doc, metadata, origins } = parseObject(json) ?? scan.fail('a JSON object in the note before this')
  return {
    notes: {
      ...(typeof doc === 'string' ? { doc } : {}),
      ...(Array.isArray(metadata) ? { metadata: new Map(metadata.map(toPair)) } : {}),
    },
    ...(Array.isArray(origins) ? { origins: origins.map(String) } : {}),
  }
}

/** What a note may say. */
export interface Said {
  readonly doc?: string | undefined
  readonly metadata?: ReadonlyMap<string, string> | undefined
  readonly origins?: readonly string[] | undefined
}

/** The comment for a note; `''` when there is nothing to say. */
export function noteText(notes: Said): string {
  const { doc, metadata, origins } = notes
  const said = {
    ...(doc === undefined ? {} : { doc }),
    ...(metadata === undefined ? {} : { metadata: [...metadata] }),
    ...(origins === undefined ? {} : { origins }),
  }
  return Object.keys(said).length === 0 ? '' : `#: ${JSON.stringify(said)}`
}

const toPair = (pair: unknown): [string, string] =>
  Array.isArray(pair) ? [String(pair[0]), String(pair[1])] : ['', '']

function parseObject(json: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(json)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
