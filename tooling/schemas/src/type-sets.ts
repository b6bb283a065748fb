// Type sets of a table, each written once: `float` is tensor(float), `s:` a sequence of them, `o:` an optional.

export class TypeSetTable {
  readonly #indices = new Map<string, number>()

  /** The line number of a set, added when it is new. */
  index(types: readonly string[]): number {
    const line = types.map(shortType).join(' ')
    const known = this.#indices.get(line)
    if (known !== undefined) return known
    this.#indices.set(line, this.#indices.size)
    return this.#indices.size - 1
  }

  lines(): readonly string[] {
    return [...this.#indices.keys()]
  }
}

function shortType(type: string): string {
  const [, outer = '', inner = type] = /^(seq|optional|tensor)\((.*)\)$/.exec(type) ?? []
  if (outer === 'tensor') return inner
  if (outer === 'seq') return `s:${shortType(inner)}`
  if (outer === 'optional') return `o:${shortType(inner)}`
  return `=${type}`
}
