// Session options of several steps as one: records are merged key by key, anything else is set by the last step that says
// it. Where two steps say different things, both are named.
import type { SessionOptions } from './runtime.ts'

/** Two steps that set one option differently; `values` as JSON, the later one counts. */
export interface Disagreement {
  /** `intraOpNumThreads`, `config.session.…` */
  readonly option: string
  readonly steps: readonly [string, string]
  readonly values: readonly [string, string]
}

/** Options so far, and who set them. */
export class SessionMerge {
  options: SessionOptions = {}
  readonly #owners = new Map<string, { readonly step: string; readonly value: string }>()

  /** Adds what a step wants; says where steps before it wanted otherwise. */
  add(step: string, wanted: SessionOptions): readonly Disagreement[] {
    const found = settings(wanted).flatMap(([option, value]) => {
      const owner = this.#owners.get(option)
      this.#owners.set(option, { step, value })
      if (owner === undefined || owner.value === value) return []
      return [{ option, steps: [owner.step, step], values: [owner.value, value] } as const]
    })
    const { config, freeDimensionOverrides, ...others } = wanted
    this.options = {
      ...this.options,
      ...others,
      ...(config ? { config: { ...this.options.config, ...config } } : {}),
      ...(freeDimensionOverrides
        ? { freeDimensionOverrides: { ...this.options.freeDimensionOverrides, ...freeDimensionOverrides } }
        : {}),
    }
    return found
  }
}

/** Every single thing that is set, with its value as JSON. */
function settings({
  config = {},
  freeDimensionOverrides = {},
  ...others
}: SessionOptions): readonly (readonly [string, string])[] {
  const named = (prefix: string, record: object): readonly (readonly [string, string])[] =>
    Object.entries(record).flatMap(([name, value]) =>
      value === undefined ? [] : [[`${prefix}${name}`, JSON.stringify(value)] as const],
    )
  return [
    ...named('', others),
    ...named('config.', config),
    ...named('freeDimensionOverrides.', freeDimensionOverrides),
  ]
}
