// Golden data of tooling/peers/numerics-golden.py: arrays are base64 of little-endian bytes.
import { readFileSync } from 'node:fs'

export interface BlockGolden {
  readonly inputs: Readonly<
    Record<
      string,
      { readonly K: number; readonly N: number; readonly dtype?: 'float16'; readonly data: string }
    >
  >
  readonly cases: readonly {
    readonly input: string
    readonly bits: 2 | 4 | 8
    readonly blockSize: number
    readonly symmetric: boolean
    readonly packed: string
    readonly scales: string
    readonly zeroPoints?: string
  }[]
}

export interface GatherGolden {
  readonly inputs: Readonly<
    Record<string, { readonly rows: number; readonly K: number; readonly data: string }>
  >
  readonly cases: readonly {
    readonly input: string
    readonly blockSize: number
    readonly symmetric: boolean
    readonly data: string
    readonly scales: string
    readonly zeroPoints?: string
  }[]
}

/** Weights [N, K]; codes are one a byte, [N, K]; scales and zero points float32, [N, K / blockSize]. */
export interface SearchGolden {
  readonly N: number
  readonly K: number
  readonly data: string
  readonly cases: readonly {
    readonly kind: 'kquant' | 'hqq'
    readonly bits: 2 | 4 | 8
    readonly blockSize: number
    readonly codes: string
    readonly scales: string
    readonly zeroPoints: string
  }[]
}

export type BookGolden = readonly {
  readonly book: 'nf4' | 'fp4'
  readonly blockSize: number
  readonly data: string
  readonly packed: string
  readonly absmax: string
}[]

export interface LinearGolden {
  readonly inputs: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: string }>>
  readonly cases: readonly {
    readonly input: string
    readonly type: 'int8' | 'uint8'
    readonly symmetric: boolean
    readonly reduceRange: boolean
    readonly axis: number | null
    readonly codes: string
    readonly scales: string
    readonly zeroPoints: readonly number[]
  }[]
}

export type FloatGolden = Readonly<Record<string, Readonly<Record<string, string>>>>

interface Golden {
  blocks: BlockGolden
  gather: GatherGolden
  search: SearchGolden
  book: BookGolden
  linear: LinearGolden
  floats: FloatGolden
}

/** The golden data of one kind. */
export function golden<T extends keyof Golden>(name: T): Golden[T] {
  return JSON.parse(readFileSync(new URL(`./golden/${name}.json`, import.meta.url), 'utf8'))
}

export function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(base64, 'base64'))
}

export function floatsOf(base64: string): Float32Array<ArrayBuffer> {
  return new Float32Array(bytesOf(base64).buffer)
}

/** Bits of float32 values: equality that tells -0 from 0. */
export function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.slice().buffer)
}
