// Activations in the order in which they are tried: those with a bias are written in those without.
import { fusionOf, type Fusion } from '../fusion.ts'
import { biasFastGelu, biasGelu } from './biased.ts'
import { hardSwish, mish, quickGelu, silu } from './gated.ts'
import { gelu, tanhGelu } from './gelu.ts'

export const activationFusions: readonly Fusion[] = [
  fusionOf({ name: 'gelu', kind: 'activation' }, [gelu]),
  fusionOf({ name: 'fast-gelu', kind: 'activation' }, [tanhGelu]),
  fusionOf({ name: 'quick-gelu', kind: 'activation' }, [quickGelu]),
  fusionOf({ name: 'silu', kind: 'activation' }, [silu]),
  fusionOf({ name: 'hard-swish', kind: 'activation' }, [hardSwish]),
  fusionOf({ name: 'mish', kind: 'activation' }, [mish]),
  fusionOf({ name: 'bias-gelu', kind: 'activation' }, [biasGelu, biasFastGelu]),
]
