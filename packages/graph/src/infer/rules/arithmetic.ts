// Element arithmetic of small tensors, exact or null: integers and symbolic sizes as polynomials, float32 numbers
// rounded after every operation as a processor does (for + - × ÷ √ rounding the double result gives the same bits).
import type { DataType } from '../../dtype.ts'
import { dataTypes } from '../../dtype.ts'
import type { Dim } from '../../ir.ts'
import {
  addDims,
  divideDims,
  floorDivide,
  lowerBound,
  multiplyDims,
  subtractDims,
  upperBound,
} from '../dim.ts'

export type BinaryElement = (a: Dim, b: Dim, dtype: DataType) => Dim

const isFloat = (dtype: DataType): boolean => dataTypes[dtype].kind === 'float'

/** A result as the element type holds it; null for what does not fit or is not modelled. */
export function settle(value: Dim, dtype: DataType): Dim {
  if (typeof value !== 'number') return value
  if (dtype === 'float64') return value
  if (dtype === 'float32') return Math.fround(value)
  const { kind, bits } = dataTypes[dtype]
  if (kind === 'bool') return value === 0 ? 0 : 1
  if (!Number.isSafeInteger(value)) return null
  if (kind === 'int') return Math.abs(value) < 2 ** (bits - 1) ? value : null
  return kind === 'uint' && value >= 0 && value < 2 ** bits ? value : null
}

function floats(a: Dim, b: Dim, dtype: DataType, compute: (a: number, b: number) => number): Dim | undefined {
  return isFloat(dtype) && typeof a === 'number' && typeof b === 'number' ? compute(a, b) : undefined
}

const add: BinaryElement = (a, b, dtype) => floats(a, b, dtype, (x, y) => x + y) ?? addDims(a, b)
const subtract: BinaryElement = (a, b, dtype) => floats(a, b, dtype, (x, y) => x - y) ?? subtractDims(a, b)
/** Nothing times an unknown float is certain: it may be infinite. */
const multiply: BinaryElement = (a, b, dtype) => {
  if (isFloat(dtype) && (a === null || b === null)) return null
  return floats(a, b, dtype, (x, y) => x * y) ?? multiplyDims(a, b)
}

/** Integers truncate, which is the floor for sizes. */
const divide: BinaryElement = (a, b, dtype) => {
  if (isFloat(dtype)) return floats(a, b, dtype, (x, y) => x / y) ?? divideDims(a, b)
  if (typeof a === 'number' && typeof b === 'number') return b === 0 ? null : Math.trunc(a / b)
  const floor = typeof b === 'number' && lowerBound(a) >= 0 ? floorDivide(a, b) : null
  return floor ?? divideDims(a, b)
}

/** a - n⌊a/n⌋: the sign of the divisor, as in Python. */
const modulo: BinaryElement = (a, b, dtype) => {
  if (isFloat(dtype) || typeof b !== 'number' || b === 0) return null
  if (typeof a === 'number') return a - b * Math.floor(a / b)
  return b > 0 ? subtractDims(a, multiplyDims(floorDivide(a, b), b)) : null
}

const power: BinaryElement = (a, b, dtype) => {
  if (isFloat(dtype) || typeof a !== 'number' || typeof b !== 'number' || b < 0) return null
  return a ** b
}

const greatest: BinaryElement = (a, b) => (isAtLeast(a, b) ? a : isAtLeast(b, a) ? b : null)
const least: BinaryElement = (a, b) => (isAtLeast(a, b) ? b : isAtLeast(b, a) ? a : null)

const isAtLeast = (a: Dim, b: Dim): boolean => lowerBound(subtractDims(a, b)) >= 0

/** The sign of a - b as far as it is known. */
function compare(a: Dim, b: Dim): { readonly low: number; readonly high: number } {
  if (typeof a === 'number' && typeof b === 'number') return { low: a - b, high: a - b }
  const difference = subtractDims(a, b)
  return { low: lowerBound(difference), high: upperBound(difference) }
}

const truth = (yes: boolean, no: boolean): Dim => (yes ? 1 : no ? 0 : null)

const bothKnown = (a: Dim, b: Dim, compute: (a: number, b: number) => boolean): Dim =>
  typeof a === 'number' && typeof b === 'number' ? Number(compute(a, b)) : null

/** Operators on two elements whose result has the element type of the operands. */
export const arithmetic: Readonly<Record<string, BinaryElement>> = {
  Add: add,
  Sub: subtract,
  Mul: multiply,
  Div: divide,
  Mod: modulo,
  Pow: power,
  Max: greatest,
  Min: least,
  Sum: add,
}

/** Operators on two elements whose result is a bool. */
export const comparisons: Readonly<Record<string, BinaryElement>> = {
  Equal: (a, b) => {
    const { low, high } = compare(a, b)
    return truth(low === 0 && high === 0, low > 0 || high < 0)
  },
  Greater: (a, b) => truth(compare(a, b).low > 0, compare(a, b).high <= 0),
  GreaterOrEqual: (a, b) => truth(compare(a, b).low >= 0, compare(a, b).high < 0),
  Less: (a, b) => truth(compare(a, b).high < 0, compare(a, b).low >= 0),
  LessOrEqual: (a, b) => truth(compare(a, b).high <= 0, compare(a, b).low > 0),
  And: (a, b) => truth(a === 1 && b === 1, a === 0 || b === 0),
  Or: (a, b) => truth(a === 1 || b === 1, a === 0 && b === 0),
  Xor: (a, b) => bothKnown(a, b, (x, y) => x !== y),
}

/** Half to even, as ONNX rounds. */
function roundEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
  return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1
}

const onNumber =
  (compute: (a: number) => number) =>
  (a: Dim): Dim =>
    typeof a === 'number' ? compute(a) : null

/** Sizes are integers, so rounding leaves them alone. */
const rounding =
  (compute: (a: number) => number) =>
  (a: Dim): Dim =>
    typeof a === 'number' ? compute(a) : a

export const unaryElements: Readonly<Record<string, (a: Dim) => Dim>> = {
  Neg: a => (typeof a === 'number' ? -a : subtractDims(0, a)),
  Abs: a => (typeof a === 'number' ? Math.abs(a) : lowerBound(a) >= 0 ? a : null),
  Not: onNumber(a => 1 - a),
  Sqrt: onNumber(Math.sqrt),
  Reciprocal: onNumber(a => 1 / a),
  Sign: a => (typeof a === 'number' ? Math.sign(a) : lowerBound(a) > 0 ? 1 : null),
  Floor: rounding(Math.floor),
  Ceil: rounding(Math.ceil),
  Round: rounding(roundEven),
  Relu: a => greatest(a, 0, 'float32'),
  Identity: a => a,
}

/** One element in another type: what does not survive exactly is null. */
export function castElement(value: Dim, from: DataType, to: DataType): Dim {
  const [source, target] = [dataTypes[from].kind, dataTypes[to].kind]
  if (typeof value !== 'number') {
    if (target === 'bool') return lowerBound(value) > 0 ? 1 : null
    return to === 'int64' || to === 'int32' || to === 'float32' || to === 'float64' ? value : null
  }
  if (target === 'bool') return value === 0 ? 0 : 1
  if (target === 'int' || target === 'uint') {
    if (source === 'float' && !Number.isFinite(value)) return null
    return settle(Math.trunc(value), to)
  }
  return to === 'float32' || to === 'float64' ? settle(value, to) : null
}
