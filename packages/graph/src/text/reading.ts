// What the readers of ONNX text pass along.
import type { Body } from '../ir.ts'
import type { Tensor } from '../tensor.ts'
import type { Scanner } from './scanner.ts'

export interface Reading {
  readonly scan: Scanner
  /** Tensors that the text names only by key. */
  readonly tensors: ReadonlyMap<string, Tensor>
  /** Reads a nested graph; here, so that attributes and bodies can be apart. */
  readonly body: (reading: Reading) => Body
}
