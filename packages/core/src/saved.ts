// What damson writes beside a saved model, and how it is read back: strictly. An unknown key or a newer version is an
// error that says what to do, because a model that loads half is worse than one that does not load.
import { DamsonError } from '@damson/graph'
import * as v from 'valibot'

/** Version of the envelope. Raised when a reader of an older damson would misread the file. */
const savedVersion = 1

const text = v.string()
const record = v.pipe(v.record(text, v.unknown()), v.readonly())
const texts = v.pipe(v.array(text), v.readonly())

const stepSchema = v.strictObject({
  id: text,
  use: text,
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
  params: record,
  on: v.optional(v.unknown()),
  seed: v.number(),
  replays: v.pipe(v.array(v.picklist(['session', 'wrap'])), v.readonly()),
  claims: v.record(text, texts),
  took: v.optional(v.record(text, texts)),
  gave: v.optional(v.record(text, texts)),
  fitted: v.optional(v.record(text, text)),
  state: v.optional(v.unknown()),
})

const portSchema = v.strictObject({
  part: text,
  step: text,
  name: text,
  direction: v.picklist(['input', 'output']),
  role: text,
  pair: v.optional(text),
  neutral: v.optional(
    v.strictObject({
      dtype: text,
      shape: v.pipe(v.array(v.union([v.number(), text])), v.readonly()),
      fill: v.number(),
    }),
  ),
})

const partSchema = v.strictObject({ path: text, role: text })
const fileSchema = v.strictObject({
  bytes: v.number(),
  sha256: v.pipe(text, v.regex(/^[0-9a-f]{64}$/)),
})
const originsSchema = v.record(text, texts)

const savedSchema = v.strictObject({
  damson: v.number(),
  tools: v.record(text, text),
  source: v.strictObject({ name: text, variant: v.optional(text) }),
  layout: v.picklist(['file', 'folder', 'transformers.js']),
  variant: v.optional(text),
  parts: v.record(text, partSchema),
  steps: v.pipe(v.array(stepSchema), v.readonly()),
  ports: v.pipe(v.array(portSchema), v.readonly()),
  /** Part name to the origins of nodes and weights, where they are not simply their own name. */
  provenance: v.record(text, v.strictObject({ nodes: originsSchema, weights: originsSchema })),
  /** ONNX file holding the tensors of states; absent when there are none. */
  states: v.optional(text),
  files: v.record(text, fileSchema),
  price: v.optional(record),
  checksum: v.pipe(text, v.regex(/^[0-9a-f]{64}$/)),
})

/** The content of `damson.json`. */
export type Saved = v.InferOutput<typeof savedSchema>
/** Size and hash of one file of a saved model. */
export type SavedFile = v.InferOutput<typeof fileSchema>

const noChecksum = '0'.repeat(64)

/** The text of `damson.json`; `checksum` is the SHA-256 of the text with 64 zeros in its place. */
export async function formatSaved(
  saved: Omit<Saved, 'checksum' | 'damson'>,
  sha256: (bytes: Uint8Array) => Promise<string>,
): Promise<string> {
  const blank = `${JSON.stringify({ damson: savedVersion, ...saved, checksum: noChecksum }, undefined, 2)}\n`
  const checksum = await sha256(new TextEncoder().encode(blank))
  const at = blank.lastIndexOf(noChecksum)
  return blank.slice(0, at) + checksum + blank.slice(at + checksum.length)
}

/** Reads `damson.json`. Throws `changed-file`, `newer-version` or `invalid-record`, each naming the file. */
export async function parseSaved(
  json: string,
  file: string,
  sha256: (bytes: Uint8Array) => Promise<string>,
): Promise<Saved> {
  const value = parseJson(json, file)
  if (typeof value === 'object' && value !== null && 'damson' in value && value.damson !== savedVersion) {
    throw new DamsonError(
      'newer-version',
      `Expected version ${savedVersion} of "${file}", got ${JSON.stringify(value.damson)}. ` +
        `It was written by another damson: install a version that reads it, or smash the model again.`,
    )
  }
  const parsed = v.safeParse(savedSchema, value)
  if (!parsed.success) {
    const issue = parsed.issues[0]
    const path = issue.path?.map(item => String(item.key)).join('.') ?? ''
    throw new DamsonError(
      'invalid-record',
      `"${file}" is not a damson record: at "${path}" ${issue.message}. ` +
        'It was written by another version or edited: restore it, or load the .onnx files without it.',
    )
  }
  const { checksum } = parsed.output
  const at = json.lastIndexOf(checksum)
  const blank = json.slice(0, at) + noChecksum + json.slice(at + checksum.length)
  if ((await sha256(new TextEncoder().encode(blank))) !== checksum) throw changedFile(file)
  return parsed.output
}

function parseJson(json: string, file: string): unknown {
  try {
    return JSON.parse(json)
  } catch (cause) {
    throw new DamsonError(
      'changed-file',
      `Expected JSON in "${file}"; it is damaged. Restore it or save the model again.`,
      {
        cause,
      },
    )
  }
}

/** The error for a file whose bytes are not those that were saved. */
export function changedFile(file: string): DamsonError {
  return new DamsonError(
    'changed-file',
    `Expected the bytes that damson saved in "${file}", but its SHA-256 or size differs. ` +
      'The file was changed or damaged after saving: restore it, or save the model again.',
    { details: { file } },
  )
}
