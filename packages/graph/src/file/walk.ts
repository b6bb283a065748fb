// One walk over the tags of a model file. It checks that lengths nest and that every field has the form its message
// declares, and lets the caller replace fields of tensors: the reader takes big payloads out, the writer puts them in.
// The lengths of all messages around a replaced field are corrected.
import { ScalarType, type DescField, type DescMessage } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { invalidModel, varint, type Reading, type Window } from './wire.ts'

/** A length-delimited field of a TensorProto as it lies in the file: its tag at `at`, its content from `start` to `end`. */
export interface TensorField {
  readonly number: number
  readonly at: number
  readonly start: number
  readonly end: number
}

/** What stands in a field's place: `insert`, followed by `gap` bytes that come from elsewhere. */
export interface Replacement {
  readonly insert: Uint8Array
  readonly gap: number
}

/** `remove` bytes at `at` give way to a replacement. */
export interface Edit extends Replacement {
  readonly at: number
  readonly remove: number
}

/** Edits in order of place, and the size of the result, gaps included. */
export interface Edits {
  readonly edits: readonly Edit[]
  readonly size: number
}

interface Rule {
  readonly wire: 0 | 1 | 2 | 5
  readonly list: boolean
  readonly text?: boolean
  readonly message?: DescMessage
}

interface Frame {
  readonly message: DescMessage
  readonly rules: ReadonlyMap<number, Rule>
  readonly lengthAt: number
  readonly start: number
  readonly end: number
  /** Nothing in it is replaced: training info is carried as it is. */
  readonly sealed: boolean
  delta: number
}

const deepest = 200
const tensorMessage = 'onnx.TensorProto'
const sealedMessage = 'onnx.TrainingInfoProto'
/** No varint, and no tag with its length, is longer. */
const headerBytes = 20
/** Estimated heap of one decoded message, and of one element of a list of numbers or strings. */
const messageCost = 160
const elementCost = 24
/** What any file may cost, whatever its size: fifty times the largest of the zoo. A bigger one may cost its size. */
const freeCost = 2 ** 27
/** Names and notes; a decoded text takes up to three times its bytes. */
const longestText = 2 ** 26

class Walk {
  readonly #file: string
  readonly #size: number
  readonly #replace: (field: TensorField) => Replacement | undefined
  readonly #tables = new Map<DescMessage, ReadonlyMap<number, Rule>>()
  readonly #stack: Frame[] = []
  readonly #edits: Edit[] = []
  #window: Window = { at: 0, bytes: new Uint8Array(0) }
  #at = 0
  #packedEnd = 0
  #cost = 0

  constructor(file: string, size: number, replace: (field: TensorField) => Replacement | undefined) {
    this.#file = file
    this.#size = size
    this.#replace = replace
  }

  *run(): Reading<Edits> {
    this.#push(ModelProtoSchema, 0, 0, this.#size)
    for (let top = this.#stack.at(-1); top; top = this.#stack.at(-1)) {
      if (this.#at === top.end) {
        this.#pop(top)
        continue
      }
      if (!this.#sees(headerBytes)) this.#window = yield { at: this.#at, length: headerBytes }
      if (this.#at < this.#packedEnd) this.#element()
      else this.#field(top)
    }
    const size = this.#edits.reduce(
      (sum, { insert, gap, remove }) => sum + insert.length + gap - remove,
      this.#size,
    )
    return { edits: this.#edits.sort((a, b) => a.at - b.at), size }
  }

  #field(top: Frame): void {
    const at = this.#at
    const tag = this.#varint(top.end)
    const number = Math.floor(tag / 8)
    const wire = tag % 8
    const rule = top.rules.get(number)
    if (number < 1 || tag > 0xffffffff) throw this.#error(at, 'a protobuf tag', String(tag))
    this.#checkWire(top, rule, number, wire, at)
    if (wire === 0) this.#varint(top.end)
    else if (wire === 1) this.#skip(8, top.end)
    else if (wire === 5) this.#skip(4, top.end)
    else this.#delimited(top, rule, number, at)
    if (rule?.list) this.#spend(elementCost)
  }

  #delimited(top: Frame, rule: Rule | undefined, number: number, at: number): void {
    const lengthAt = this.#at
    const length = this.#varint(top.end)
    const start = this.#at
    const end = start + length
    if (end > top.end) {
      const room = `at most ${top.end - start} bytes in field ${number} of ${top.message.name}`
      throw this.#error(lengthAt, room, `a length of ${length}`)
    }
    if (rule?.text && length > longestText) {
      const text = `a text of at most ${longestText} bytes in field ${number} of ${top.message.name}`
      throw this.#error(lengthAt, text, `one of ${length}`)
    }
    if (rule?.message) return this.#push(rule.message, lengthAt, start, end)
    this.#at = end
    if (top.message.typeName === tensorMessage && !top.sealed) {
      const replacement = this.#replace({ number, at, start, end })
      if (replacement) return this.#edit(top, { at, remove: end - at, ...replacement })
    }
    if (rule && rule.wire !== 2) this.#packed(rule, start, end)
  }

  /** A packed list: fixed elements must fill it; varints are walked one by one, and must end in it. */
  #packed(rule: Rule, start: number, end: number): void {
    const width = rule.wire === 1 ? 8 : 4
    if (rule.wire === 0) {
      this.#at = start
      this.#packedEnd = end
    } else if ((end - start) % width === 0) this.#spend(((end - start) / width) * elementCost)
    else throw this.#error(start, `elements of ${width} bytes`, `${end - start} bytes`)
  }

  #element(): void {
    this.#varint(this.#packedEnd)
    this.#spend(elementCost)
  }

  #edit(frame: Frame, edit: Edit): void {
    frame.delta += edit.insert.length + edit.gap - edit.remove
    this.#edits.push(edit)
  }

  #push(message: DescMessage, lengthAt: number, start: number, end: number): void {
    if (this.#stack.length >= deepest)
      throw this.#error(start, `at most ${deepest} messages inside each other`, 'more')
    this.#spend(messageCost)
    this.#at = start
    const sealed = message.typeName === sealedMessage || (this.#stack.at(-1)?.sealed ?? false)
    this.#stack.push({ message, rules: this.#rules(message), lengthAt, start, end, sealed, delta: 0 })
  }

  #pop(frame: Frame): void {
    this.#stack.pop()
    const parent = this.#stack.at(-1)
    if (!parent || frame.delta === 0) return
    const insert = varint(frame.end - frame.start + frame.delta)
    parent.delta += frame.delta
    this.#edit(parent, { at: frame.lengthAt, remove: frame.start - frame.lengthAt, insert, gap: 0 })
  }

  #rules(message: DescMessage): ReadonlyMap<number, Rule> {
    let rules = this.#tables.get(message)
    if (!rules)
      this.#tables.set(message, (rules = new Map(message.fields.map(each => [each.number, ruleOf(each)]))))
    return rules
  }

  #checkWire(top: Frame, rule: Rule | undefined, number: number, wire: number, at: number): void {
    const known = wire === 0 || wire === 1 || wire === 2 || wire === 5
    const fits = rule === undefined || wire === rule.wire || (wire === 2 && rule.list)
    if (known && fits) return
    const expected = rule ? `wire type ${rule.wire}` : 'wire type 0, 1, 2 or 5'
    throw this.#error(at, `${expected} in field ${number} of ${top.message.name}`, `wire type ${wire}`)
  }

  #spend(cost: number): void {
    this.#cost += cost
    if (this.#cost > Math.max(freeCost, this.#size))
      throw this.#error(
        this.#at,
        'a model whose structure fits into memory',
        'a file made of millions of empty fields',
      )
  }

  #sees(length: number): boolean {
    const { at, bytes } = this.#window
    const end = at + bytes.length
    return this.#at >= at && (this.#at + length <= end || end === this.#size)
  }

  #skip(length: number, end: number): void {
    if (this.#at + length > end)
      throw this.#error(this.#at, `${length} bytes`, `the end of its message at ${end}`)
    this.#at += length
  }

  /** Reads a varint; exact up to 2^53, beyond that only its end is. */
  #varint(end: number): number {
    const start = this.#at
    const { at, bytes } = this.#window
    let value = 0
    let scale = 1
    for (let count = 0; count < 10; count++) {
      if (this.#at >= end) throw this.#error(start, 'a complete varint', `the end of its message at ${end}`)
      const byte = bytes[this.#at++ - at] ?? 0
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    throw this.#error(start, 'a varint of at most 10 bytes', 'a longer one')
  }

  #error(at: number, expected: string, came: string): Error {
    return invalidModel(this.#file, at, expected, came)
  }
}

function ruleOf(field: DescField): Rule {
  const list = field.fieldKind === 'list'
  if (field.message) return { wire: 2, list: false, message: field.message }
  if (field.enum) return { wire: 0, list }
  switch (field.scalar) {
    case ScalarType.STRING:
      return { wire: 2, list, text: true }
    case ScalarType.BYTES:
      return { wire: 2, list }
    case ScalarType.FLOAT:
      return { wire: 5, list }
    case ScalarType.DOUBLE:
      return { wire: 1, list }
    default:
      return { wire: 0, list }
  }
}

/** Walks a model file of `size` bytes; `replace` sees every length-delimited field of a tensor that is not a message. Throws `invalid-model`. */
export function walkModel(
  file: string,
  size: number,
  replace: (field: TensorField) => Replacement | undefined,
): Reading<Edits> {
  return new Walk(file, size, replace).run()
}
