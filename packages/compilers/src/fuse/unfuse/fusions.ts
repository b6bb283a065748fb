// What `fuse` makes, taken apart into standard operators: the opposite direction, for runtimes without the contrib ones.
// Larger operators come first, since they are taken apart into smaller ones.
import { fusionOf, type Fusion } from '../fusion.ts'
import { activationsApart } from './activations.ts'
import { unfuseAttention } from './attention.ts'
import { embeddingApart } from './embeddings.ts'
import { groupNormApart, layerNormApart, rmsNormApart, skipLayerNorms, skipRmsNorms } from './norms.ts'
import { unfuseOnnxAttention } from './onnx-attention.ts'
import { unfusePackedAttention } from './packed-attention.ts'
import { productsApart } from './products.ts'
import { unfuseRotary } from './rotary.ts'

export const unfusions: readonly Fusion[] = [
  fusionOf({ name: 'unfuse-embedding', kind: 'embedding' }, [embeddingApart]),
  fusionOf({ name: 'unfuse-attention', kind: 'attention' }, [unfusePackedAttention, ...unfuseAttention]),
  fusionOf({ name: 'unfuse-onnx-attention', kind: 'attention', targets: () => false }, unfuseOnnxAttention),
  fusionOf({ name: 'unfuse-rotary', kind: 'rotary' }, unfuseRotary),
  fusionOf({ name: 'unfuse-product', kind: 'product' }, productsApart),
  fusionOf({ name: 'unfuse-activation', kind: 'activation' }, activationsApart),
  fusionOf({ name: 'unfuse-norm', kind: 'norm' }, [
    ...skipLayerNorms,
    ...skipRmsNorms,
    groupNormApart,
    rmsNormApart,
    layerNormApart,
  ]),
]
