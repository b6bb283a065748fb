// Norms in the order in which they are tried: the core first, then what comes to it, then the sum before it.
import { fusionOf, type Fusion } from '../fusion.ts'
import { groupNorm, groupNormalization, groupNormSilu } from './group-norm.ts'
import { halfLayerNorm, halfRmsNorm } from './half-norm.ts'
import { layerNorm } from './layer-norm.ts'
import { layerNormScale, layerNormShift, rmsNormScale } from './norm-affine.ts'
import { rmsNorm } from './rms-norm.ts'
import { skipLayerNorm, skipRmsNorms } from './skip-norm.ts'

export const normFusions: readonly Fusion[] = [
  fusionOf({ name: 'layer-norm', kind: 'norm' }, [layerNorm]),
  fusionOf({ name: 'rms-norm', kind: 'norm' }, [rmsNorm]),
  fusionOf({ name: 'norm-affine', kind: 'norm' }, [
    halfLayerNorm,
    halfRmsNorm,
    layerNormScale,
    layerNormShift,
    rmsNormScale,
  ]),
  fusionOf({ name: 'skip-norm', kind: 'norm' }, [skipLayerNorm, ...skipRmsNorms]),
  fusionOf({ name: 'group-norm', kind: 'norm', targets: target => target === 'cuda' }, [
    groupNorm,
    groupNormSilu,
  ]),
  fusionOf({ name: 'group-normalization', kind: 'norm', targets: () => false }, [groupNormalization]),
]
