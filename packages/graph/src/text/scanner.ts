// Characters to tokens of ONNX text, after the official parser: `#` starts a comment, a backslash in a string makes the
// next character literal, identifiers are ASCII. One addition: a comment that starts with `#:` is a note, JSON that says
// of the thing behind it what the syntax has no words for.
import { DamsonError } from '../error.ts'

/** A number, or a string in quotes, as it stands in the text. */
export interface Literal {
  readonly kind: 'int' | 'float' | 'string'
  /** Digits and sign for numbers; the unescaped content for strings. */
  readonly text: string
}

const blank = /(?:[ \t\n\v\f\r]+|#(?!:)[^\n]*)*/y
const note = /#:([^\n]*)/y
const identifier = /[A-Za-z_][A-Za-z0-9_]*/y
const quoted = /"((?:[^"\\]|\\[^])*)"/y
const number = /-?(?:\d[\d]*(\.\d*)?([eE][+-]?\d+)?|(inf(?:inity)?|nan)(?![A-Za-z0-9_]))/iy

/** A cursor over ONNX text. Every reader skips blanks and comments first. */
export class Scanner {
  readonly #text: string
  #at = 0
  #note: { readonly at: number; readonly json: string } | undefined

  constructor(text: string) {
    this.#text = text
  }

  /** The next character that counts, `''` at the end. */
  peek(): string {
    this.#skip()
    return this.#text.charAt(this.#at)
  }

  /** Takes a punctuation mark if it comes next. */
  accept(mark: string): boolean {
    this.#skip()
    if (!this.#text.startsWith(mark, this.#at)) return false
    this.#at += mark.length
    return true
  }

  expect(mark: string, where: string): void {
    if (!this.accept(mark)) this.fail(`${JSON.stringify(mark)} ${where}`)
  }

  /** Items with commas between them, up to the closing mark, which is taken too. */
  list<T>(close: string, where: string, item: () => T): T[] {
    const items: T[] = []
    if (this.accept(close)) return items
    do items.push(item())
    while (this.accept(','))
    this.expect(close, `or "," ${where}`)
    return items
  }

  /** The identifier that comes next, without taking it. */
  peekIdentifier(): string | undefined {
    this.#skip()
    return this.#match(identifier, this.#at)?.[0]
  }

  /** True when a float spelled in letters comes next: `nan`, `inf`, `infinity`, in any case. */
  peekFloatWord(): boolean {
    return /^(?:nan|inf|infinity)$/i.test(this.peekIdentifier() ?? '')
  }

  identifier(what: string): string {
    return this.#take(identifier)?.[0] ?? this.fail(what)
  }

  /** An identifier or a quoted name; undefined when neither comes next. */
  optionalName(): string | undefined {
    const word = this.#take(identifier)
    if (word) return word[0]
    return this.peek() === '"' ? this.string('a name') : undefined
  }

  name(what: string): string {
    return this.optionalName() ?? this.fail(what)
  }

  string(what: string): string {
    const match = this.#take(quoted)
    if (match) return (match[1] ?? '').replace(/\\([^])/g, '$1')
    return this.fail(this.peek() === '"' ? 'a closing quote' : what)
  }

  integer(what: string): bigint {
    const at = this.#at
    const literal = this.literal(what)
    if (literal.kind === 'int') return BigInt(literal.text)
    this.#at = at
    return this.fail(what)
  }

  literal(what: string): Literal {
    if (this.peek() === '"') return { kind: 'string', text: this.string(what) }
    const match = this.#take(number)
    if (!match) return this.fail(what)
    return { kind: match[1] || match[2] || match[3] ? 'float' : 'int', text: match[0] }
  }

  atEnd(): boolean {
    this.#skip()
    return this.#at >= this.#text.length
  }

  /** The note that stands directly in front of what comes next. */
  takeNote(): string | undefined {
    this.#skip()
    const found = this.#note
    this.#note = undefined
    return found?.at === this.#at ? found.json : undefined
  }

  /** Where the cursor is, to come back to by `reset`. */
  mark(): number {
    return this.#at
  }

  reset(mark: number): void {
    this.#at = mark
  }

  /** Throws a `text` error: what was expected at the cursor, and what stands there. */
  fail(expected: string): never {
    this.#skip()
    const before = this.#text.slice(0, this.#at)
    const line = before.split('\n').length
    const column = this.#at - (before.lastIndexOf('\n') + 1) + 1
    const rest = this.#text.slice(this.#at, this.#at + 24).split('\n')[0] ?? ''
    const came = rest === '' ? 'the end of the text' : JSON.stringify(rest)
    const message = `ONNX text, line ${line}, column ${column}: expected ${expected}, but ${came} came.`
    throw new DamsonError('text', message, { details: { line, column } })
  }

  #skip(): void {
    let pending: string | undefined
    for (;;) {
      this.#at += this.#match(blank, this.#at)?.[0].length ?? 0
      const found = this.#text.charAt(this.#at) === '#' ? this.#match(note, this.#at) : null
      if (!found) break
      pending = found[1] ?? ''
      this.#at += found[0].length
    }
    if (pending !== undefined) this.#note = { at: this.#at, json: pending }
  }

  #match(pattern: RegExp, at: number): RegExpExecArray | null {
    pattern.lastIndex = at
    return pattern.exec(this.#text)
  }

  #take(pattern: RegExp): RegExpExecArray | null {
    this.#skip()
    const match = this.#match(pattern, this.#at)
    if (match) this.#at += match[0].length
    return match
  }
}
