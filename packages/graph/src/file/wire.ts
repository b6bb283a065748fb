// Protobuf bytes seen through a window that moves: the walk over a file asks for the bytes it needs, and whoever
// drives it answers from an array at once or from a source later. So one walk serves files, Blobs and arrays.
import { DamsonError } from '../error.ts'

/** Bytes of the file around a place; `at` is the place of the first one. */
export interface Window {
  readonly at: number
  readonly bytes: Uint8Array
}

/** A wish for bytes: `length` at `at`, fewer only at the end of the file. */
interface Ask {
  readonly at: number
  readonly length: number
  /** Where the bytes are wanted, when they are to be kept; of `length`. */
  readonly into?: Uint8Array
}

/** A computation over a file that yields what it has to see. */
export type Reading<T> = Generator<Ask, T, Window>

/** Answers every wish from bytes that are all there. */
export function readNow<T>(reading: Reading<T>, bytes: Uint8Array): T {
  const whole: Window = { at: 0, bytes }
  let step = reading.next(whole)
  while (!step.done) {
    const { at, length, into } = step.value
    into?.set(bytes.subarray(at, at + length))
    step = reading.next(whole)
  }
  return step.value
}

/** An error about a model file: what was expected at which byte, what came. */
export function invalidModel(
  file: string,
  at: number | undefined,
  expected: string,
  came: string,
  cause?: unknown,
): DamsonError {
  const place = at === undefined ? file : `${file} at byte ${at}`
  return new DamsonError(
    'invalid-model',
    `${place}: expected ${expected}, got ${came}. The file is damaged or not an ONNX model; export or download it again.`,
    {
      details: { file, ...(at === undefined ? {} : { offset: at }) },
      ...(cause === undefined ? {} : { cause }),
    },
  )
}

/** An unsigned number as a varint. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) | 128)
    rest = Math.floor(rest / 128)
  }
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

/** Bytes one after another. */
export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
