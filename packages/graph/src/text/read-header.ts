// What stands in `<…>` above a model or a function: versions, operator sets, producer, notes.
import type { Scanner } from './scanner.ts'

/** Entries that were there. Operator sets of `ai.onnx` are those of `''`. */
export interface Entries {
  irVersion?: number
  opsets?: ReadonlyMap<string, number>
  producerName?: string
  producerVersion?: string
  domain?: string
  overload?: string
  modelVersion?: bigint
  doc?: string
  metadata?: ReadonlyMap<string, string>
}

const readers: Readonly<Record<string, (scan: Scanner, entries: Entries) => void>> = {
  ir_version: (scan, entries) => (entries.irVersion = Number(scan.integer('a version'))),
  opset_import: (scan, entries) => (entries.opsets = readOpsets(scan)),
  producer_name: (scan, entries) => (entries.producerName = scan.string('a name in quotes')),
  producer_version: (scan, entries) => (entries.producerVersion = scan.string('a version in quotes')),
  domain: (scan, entries) => (entries.domain = scan.string('a domain in quotes')),
  overload: (scan, entries) => (entries.overload = scan.string('an overload in quotes')),
  model_version: (scan, entries) => (entries.modelVersion = scan.integer('a version')),
  doc_string: (scan, entries) => (entries.doc = scan.string('a text in quotes')),
  metadata_props: (scan, entries) => (entries.metadata = readMetadata(scan)),
}

/** `<key: value, …>`, of the keys allowed; nothing when no `<` comes next. */
export function readEntries(scan: Scanner, allowed: readonly string[]): Entries {
  const entries: Entries = {}
  if (!scan.accept('<')) return entries
  scan.list('>', 'behind an entry', () => {
    const mark = scan.mark()
    const key = scan.identifier(`one of ${allowed.join(', ')}`)
    const read = allowed.includes(key) ? readers[key] : undefined
    if (!read) {
      scan.reset(mark)
      scan.fail(`one of ${allowed.join(', ')}`)
    }
    scan.expect(':', `behind ${key}`)
    read(scan, entries)
  })
  return entries
}

function readOpsets(scan: Scanner): ReadonlyMap<string, number> {
  scan.expect('[', 'before the operator sets')
  const pairs = scan.list(']', 'behind an operator set', (): [string, number] => {
    const domain = scan.string('a domain in quotes')
    scan.expect(':', 'between a domain and its version')
    return [domain === 'ai.onnx' ? '' : domain, Number(scan.integer('a version'))]
  })
  return new Map(pairs)
}

function readMetadata(scan: Scanner): ReadonlyMap<string, string> {
  scan.expect('[', 'before the metadata')
  const pairs = scan.list(']', 'behind a pair', (): [string, string] => {
    const key = scan.string('a key in quotes')
    scan.expect(':', 'between a key and its value')
    return [key, scan.string('a value in quotes')]
  })
  return new Map(pairs)
}
