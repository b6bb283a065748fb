// What transformers.js reads of a folder's variants in config.json, under "transformers.js_config": how many data files lie
// beside a model file (browsers cannot look), which dtype is opened when the caller names none, and, for its version 3, the
// type of the cache. Only what is not so already is changed. Source: its models/session.js and utils/model-loader.js.

type Json = Readonly<Record<string, unknown>>

/** What lies in a folder after a variant was written. */
export interface FolderFacts {
  /** Model files in onnx/ with the number of data files beside each: `model_q4.onnx` → 0. */
  readonly files: ReadonlyMap<string, { readonly session: string; readonly dataFiles: number }>
  /** Dtypes whose key-value cache is float16. */
  readonly halfCaches: readonly string[]
  /** What to open when the caller names no dtype: for all sessions, or one a session. */
  readonly dtype?: string | Readonly<Record<string, string>>
}

/** The configuration with what transformers.js has to know; the same object when it knows already. */
export function transformersConfig(config: Json, facts: FolderFacts): Json {
  const before = isJson(config['transformers.js_config']) ? config['transformers.js_config'] : {}
  const after = {
    ...before,
    ...field('use_external_data_format', dataFormat(before['use_external_data_format'], facts)),
    ...field('kv_cache_dtype', cacheDtype(before['kv_cache_dtype'], facts)),
    ...field('dtype', facts.dtype ?? before['dtype']),
  }
  return JSON.stringify(after) === JSON.stringify(before)
    ? config
    : { ...config, 'transformers.js_config': after }
}

const field = (name: string, value: unknown): Json => (value === undefined ? {} : { [name]: value })

/** A number for all files becomes one a session, so that files can differ; then each file that differs gets its own. */
function dataFormat(before: unknown, { files }: FolderFacts): unknown {
  const sessions = [...new Set([...files.values()].map(({ session }) => session))]
  const map: Record<string, unknown> = isJson(before)
    ? { ...before }
    : before === undefined || Number(before) === 0
      ? {}
      : Object.fromEntries(sessions.map(session => [session, before]))
  const differing = [...files].filter(
    ([file, { session, dataFiles }]) => Number(map[file] ?? map[session] ?? 0) !== dataFiles,
  )
  if (differing.length === 0) return before
  for (const [file, { dataFiles }] of differing) map[file] = dataFiles
  return map
}

function cacheDtype(before: unknown, { halfCaches }: FolderFacts): unknown {
  if (halfCaches.length === 0 || typeof before === 'string') return before
  return {
    ...(isJson(before) ? before : {}),
    ...Object.fromEntries(halfCaches.map(dtype => [dtype, 'float16'])),
  }
}

/** True for objects, which JSON's records are. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
