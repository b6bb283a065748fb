// One declaration of a parameter gives its type, validation, default, docs, command-line form, JSON Schema and search space.

/** What values a parameter takes. */
export type Domain =
  | { readonly kind: 'int' | 'real'; readonly min: number; readonly max: number }
  | { readonly kind: 'one-of'; readonly options: readonly (string | number)[] }
  | { readonly kind: 'flag' }
  | { readonly kind: 'text'; readonly pattern?: string }
  | { readonly kind: 'list' | 'pair' | 'record'; readonly of: Domain }
  /** A number with a unit: `4.5bits`, `40MB`, `30dB`, `0.5` (a ratio has no unit). */
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

/** The type of the values of a domain. */
export type DomainValue<D extends Domain> = D extends { kind: 'int' | 'real' }
  ? number
  : D extends { kind: 'one-of'; options: readonly (infer O)[] }
    ? O
    : D extends { kind: 'flag' }
      ? boolean
      : D extends { kind: 'quantity'; units: readonly (infer U extends Unit)[] }
        ? Quantity<U>
        : D extends { kind: 'list'; of: infer E extends Domain }
          ? readonly DomainValue<E>[]
          : D extends { kind: 'pair'; of: infer E extends Domain }
            ? readonly [DomainValue<E>, DomainValue<E>]
            : D extends { kind: 'record'; of: infer E extends Domain }
              ? Readonly<Record<string, DomainValue<E>>>
              : string

interface Common<T, W extends string> {
  readonly default: T | NoInfer<W>
  readonly doc: string
  readonly or?: readonly W[]
  readonly live?: true
}

/** A whole number between `min` and `max`, both included. */
export function int<const W extends string = never>(
  options: Common<number, W> & { readonly min: number; readonly max: number },
): Param<number | W> {
  return param(options, { kind: 'int', min: options.min, max: options.max })
}

/** A number between `min` and `max`, both included; `Infinity` leaves a side open. */
export function real<const W extends string = never>(
  options: Common<number, W> & { readonly min: number; readonly max: number },
): Param<number | W> {
  return param(options, { kind: 'real', min: options.min, max: options.max })
}

/** One of the words or numbers listed. */
export function oneOf<const T extends string | number, const W extends string = never>(
  options: Common<NoInfer<T>, W> & { readonly options: readonly T[] },
): Param<T | W> {
  return param(options, { kind: 'one-of', options: options.options })
}

/** True or false. */
export function flag<const W extends string = never>(options: Common<boolean, W>): Param<boolean | W> {
  return param(options, { kind: 'flag' })
}

/** Any text; with `pattern` (a regular expression over the whole text) only text that matches. */
export function text(options: Common<string, never> & { readonly pattern?: string }): Param<string> {
  const { pattern } = options
  return param(options, pattern === undefined ? { kind: 'text' } : { kind: 'text', pattern })
}

/** A list; `list({ of: { kind: 'one-of', options: ['MatMul', 'Gemm'] }, default: ['MatMul'], doc })`. */
export function list<const D extends Domain, const W extends string = never>(
  options: Common<readonly NoInfer<DomainValue<D>>[], W> & { readonly of: D },
): Param<readonly DomainValue<D>[] | W> {
  return param(options, { kind: 'list', of: options.of })
}

/** Two values of one domain: a window, a range. */
export function pair<const D extends Domain, const W extends string = never>(
  options: Common<readonly [NoInfer<DomainValue<D>>, NoInfer<DomainValue<D>>], W> & { readonly of: D },
): Param<readonly [DomainValue<D>, DomainValue<D>] | W> {
  return param(options, { kind: 'pair', of: options.of })
}

/** Values by name: overrides of single tensors or nodes. */
export function record<const D extends Domain, const W extends string = never>(
  options: Common<Readonly<Record<string, NoInfer<DomainValue<D>>>>, W> & { readonly of: D },
): Param<Readonly<Record<string, DomainValue<D>>> | W> {
  return param(options, { kind: 'record', of: options.of })
}

/** A number with one of the units: `quantity({ units: ['bits', 'bytes'], default: bits(4.5), doc })`. */
export function quantity<const U extends Unit, const W extends string = never>(
  options: Common<Quantity<NoInfer<U>>, W> & { readonly units: readonly U[] },
): Param<Quantity<U> | W> {
  return param(options, { kind: 'quantity', units: options.units })
}

/** Bits a weight: `bits(4.5)`. */
export function bits(value: number): Quantity<'bits'> {
  return { value, unit: 'bits' }
}
/** Bytes: `bytes(40e6)`. */
export function bytes(value: number): Quantity<'bytes'> {
  return { value, unit: 'bytes' }
}
/** Decibels: `decibels(30)`. */
export function decibels(value: number): Quantity<'decibels'> {
  return { value, unit: 'decibels' }
}
/** A ratio of the original: `ratio(0.5)`. */
export function ratio(value: number): Quantity<'ratio'> {
  return { value, unit: 'ratio' }
}

function param<T, W extends string>(options: Common<T, W>, domain: Domain): Param<T | W> {
  const { doc, or, live } = options
  return {
    doc,
    default: options.default,
    domain,
    ...(or === undefined ? {} : { or }),
    ...(live === undefined ? {} : { live }),
  }
}
