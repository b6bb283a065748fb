// What the printers of ONNX text pass along.
import type { Body } from '../ir.ts'
import type { TensorMode } from './print-tensor.ts'

export interface Printing {
  readonly tensors: TensorMode
  readonly types: boolean
  readonly notes: boolean
  readonly indent: string
  /** Prints a nested graph; here, so that attributes and bodies can be apart. */
  readonly body: (body: Body, printing: Printing) => string
}
