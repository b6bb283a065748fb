// For which element types ONNX Runtime's own activations exist.
import { isFloat, refuse, type Refusal, type Value } from '@damson/graph'

/** Floats of 16 and 32 bits: no operator of com.microsoft for activations takes float64. */
export function isServed(x: Value): true | Refusal {
  if (x.dtype === 'float64') return refuse('is of float64, which the operator does not take', x)
  return isFloat(x) || refuse('is not of floats', x)
}
