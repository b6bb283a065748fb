// ONNX element types as names. One table gives each its code in the file format, its width and its spelling in ONNX text.

interface Row {
  /** TensorProto.DataType */
  readonly code: number
  /** Bits an element takes in raw bytes; 0 for strings, which have no raw form. */
  readonly bits: number
  /** Spelling in the textual syntax and in schemas: `float` in `tensor(float)`. */
  readonly text: string
  readonly kind: 'float' | 'int' | 'uint' | 'bool' | 'string' | 'complex'
}

const row = (code: number, bits: number, text: string, kind: Row['kind']): Row => ({ code, bits, text, kind })

const table = {
  float32: row(1, 32, 'float', 'float'),
  uint8: row(2, 8, 'uint8', 'uint'),
  int8: row(3, 8, 'int8', 'int'),
  uint16: row(4, 16, 'uint16', 'uint'),
  int16: row(5, 16, 'int16', 'int'),
  int32: row(6, 32, 'int32', 'int'),
  int64: row(7, 64, 'int64', 'int'),
  string: row(8, 0, 'string', 'string'),
  bool: row(9, 8, 'bool', 'bool'),
  float16: row(10, 16, 'float16', 'float'),
  float64: row(11, 64, 'double', 'float'),
  uint32: row(12, 32, 'uint32', 'uint'),
  uint64: row(13, 64, 'uint64', 'uint'),
  complex64: row(14, 64, 'complex64', 'complex'),
  complex128: row(15, 128, 'complex128', 'complex'),
  bfloat16: row(16, 16, 'bfloat16', 'float'),
  float8e4m3fn: row(17, 8, 'float8e4m3fn', 'float'),
  float8e4m3fnuz: row(18, 8, 'float8e4m3fnuz', 'float'),
  float8e5m2: row(19, 8, 'float8e5m2', 'float'),
  float8e5m2fnuz: row(20, 8, 'float8e5m2fnuz', 'float'),
  uint4: row(21, 4, 'uint4', 'uint'),
  int4: row(22, 4, 'int4', 'int'),
  float4e2m1: row(23, 4, 'float4e2m1', 'float'),
  float8e8m0: row(24, 8, 'float8e8m0', 'float'),
  uint2: row(25, 2, 'uint2', 'uint'),
  int2: row(26, 2, 'int2', 'int'),
} satisfies Record<string, Row>

/** An element type of a tensor. */
export type DataType = keyof typeof table

/** Every element type with its format code, width in bits and spelling. */
export const dataTypes: Readonly<Record<DataType, Row>> = table

const names: readonly DataType[] = [
  'float32', 'uint8', 'int8', 'uint16', 'int16', 'int32', 'int64', 'string', 'bool', 'float16', 'float64', 'uint32',
  'uint64', 'complex64', 'complex128', 'bfloat16', 'float8e4m3fn', 'float8e4m3fnuz', 'float8e5m2', 'float8e5m2fnuz',
  'uint4', 'int4', 'float4e2m1', 'float8e8m0', 'uint2', 'int2',
] // prettier-ignore

/** The element type of a TensorProto.DataType code; undefined for 0 and codes unknown here. */
export function dataTypeOfCode(code: number): DataType | undefined {
  return names[code - 1]
}

/** The element type of a spelling in ONNX text (`float`, `double`, `int64` …). */
export function dataTypeOfText(text: string): DataType | undefined {
  return names.find(name => table[name].text === text)
}

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1)
}

/** Bytes of the packed little-endian raw form: 4-bit types two an element byte, low nibble first. */
export function byteLengthOf(dtype: DataType, shape: readonly number[]): number {
  return Math.ceil((elementCount(shape) * table[dtype].bits) / 8)
}
