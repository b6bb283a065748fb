// One declaration of a parameter gives its type, validation, default, docs, command-line form, JSON Schema and search space.

/** What values a parameter takes. */
export type Domain =
  | { readonly kind: 'int' | 'real'; readonly min: number; readonly max: number }
  | { readonly kind: 'one-of'; readonly options: readonly (string | number)[] }
  | { readonly kind: 'flag' }
  | { readonly kind: 'text'; readonly pattern?: string }
  | { readonly kind: 'list'; readonly of: Domain; readonly options?: readonly string[] }
  | { readonly kind: 'pair'; readonly of: Domain }
  | { readonly kind: 'record'; readonly of: Domain }
  /** A number with a unit: `4.5` bits, `40MB`, `30dB`. */
  | { readonly kind: 'quantity'; readonly units: readonly Unit[] }

export type Unit = 'bits' | 'bytes' | 'decibels' | 'ratio'
export interface Quantity<U extends Unit = Unit> {
  readonly value: number
  readonly unit: U
}

/** One parameter. `or` lists words accepted beside the domain: `auto`. `live`: a generation may override it. */
export interface Param<T> {
  readonly doc: string
  readonly default: T
  readonly domain: Domain
  readonly or?: readonly string[]
  readonly live?: true
  /** Phantom: the type of a value. */
  readonly type?: T
}

export type Params = Readonly<Record<string, Param<unknown>>>
export type Values<P extends Params> = { readonly [K in keyof P]: P[K] extends Param<infer T> ? T : never }
