// Names of sizes during one inference. An unknown size gets a name of its own (`?7`), so that two values known to share
// it stay comparable; none of these names leaves the inference. Labels of the file come back as they were spelled.
import type { Dim, ValueType } from '../ir.ts'
import { readDim } from './dim.ts'
import type { Fact } from './fact.ts'

export class Sizes {
  #count = 0
  readonly #spelling = new Map<string, string>()
  /** Labels that were read: a file repeats a few on thousands of values. */
  readonly #read = new Map<string, Dim>()

  fresh(): Dim {
    return `?${++this.#count}`
  }

  /** A type as declared in a file, labels in canonical form. `labels` false: the names mean nothing here (a body). */
  read(type: ValueType | undefined, labels: boolean): ValueType | undefined {
    return type && mapDims(type, dim => this.#readLabel(dim, labels))
  }

  #readLabel(dim: Dim, labels: boolean): Dim {
    if (typeof dim !== 'string') return readDim(dim)
    if (!labels || dim.includes('?')) return null
    const known = this.#read.get(dim)
    if (known !== undefined) return known
    const canonical = readDim(dim)
    this.#read.set(dim, canonical)
    if (typeof canonical === 'string' && canonical !== dim && !this.#spelling.has(canonical))
      this.#spelling.set(canonical, dim)
    return canonical
  }

  /** The fact with a name for every unknown size of its shape. */
  name(fact: Fact): Fact {
    const { type } = fact
    if (type?.kind !== 'tensor' || !type.shape?.some(dim => dim === null || isNoSize(dim))) return fact
    const shape = type.shape.map(dim => (dim === null || isNoSize(dim) ? this.fresh() : dim))
    return { ...fact, type: { ...type, shape } }
  }

  /** A type as others may see it: anonymous sizes are unknown again. */
  publish(type: ValueType): ValueType {
    return mapDims(type, dim => {
      if (typeof dim !== 'string') return dim
      return this.#spelling.get(dim) ?? (dim.includes('?') ? null : dim)
    })
  }
}

/** What a broken model can make of a size: negative, fractional, beyond 2^53. */
const isNoSize = (dim: Dim): boolean => typeof dim === 'number' && (dim < 0 || !Number.isSafeInteger(dim))

function mapDims(type: ValueType, change: (dim: Dim) => Dim): ValueType {
  switch (type.kind) {
    case 'map':
      return { ...type, value: mapDims(type.value, change) }
    case 'sequence':
    case 'optional':
      return { ...type, element: mapDims(type.element, change) }
    default:
      return type.shape ? { ...type, shape: type.shape.map(change) } : type
  }
}
