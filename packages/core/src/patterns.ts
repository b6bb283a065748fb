// Many patterns asked about many names. A recipe that was found weight by weight lists thousands of plain names: those are
// looked up; only what holds a `*` or `?` is tried pattern by pattern.

/** A pattern, compiled; it matches whole names. */
interface Glob {
  readonly pattern: string
  test(name: string): boolean
}

/** Compiles a glob: `*` stands for any text, slashes included, `?` for one character. */
export function glob(pattern: string): Glob {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*+/g, '[^]*')
    .replace(/\?/g, '[^]')
  const expression = new RegExp(`^${source}$`)
  return { pattern, test: name => expression.test(name) }
}

/** A set of patterns that says which of them match. */
export class Patterns {
  readonly #plain: ReadonlySet<string>
  readonly #globs: readonly Glob[]

  constructor(patterns: readonly string[]) {
    this.#plain = new Set(patterns.filter(pattern => !isGlob(pattern)))
    this.#globs = patterns.filter(isGlob).map(glob)
  }

  /** The patterns that match one of the names, as they were given. */
  matching(names: readonly string[]): readonly string[] {
    const plain = names.filter(name => this.#plain.has(name))
    const globs = this.#globs.filter(each => names.some(name => each.test(name)))
    return [...plain, ...globs.map(({ pattern }) => pattern)]
  }

  /** True for a pattern of the set, letter by letter. */
  has(pattern: string): boolean {
    return this.#plain.has(pattern) || this.#globs.some(each => each.pattern === pattern)
  }
}

const isGlob = (pattern: string): boolean => /[*?]/.test(pattern)
