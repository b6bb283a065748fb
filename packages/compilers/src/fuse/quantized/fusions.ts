// Q and DQ next to what they are for.
import { fusionOf, type Fusion } from '../fusion.ts'
import { dequantizeBehind, quantizeBefore, quantizeTwice } from './propagation.ts'

export const quantizedFusions: readonly Fusion[] = [
  fusionOf({ name: 'qdq-propagation', kind: 'quantized' }, [
    quantizeTwice,
    ...dequantizeBehind,
    ...quantizeBefore,
  ]),
]
