// What `fuse` makes, taken apart into standard operators: the opposite direction, for runtimes without the contrib ones.
// Larger operators come first, since they are taken apart into smaller ones.
import { fusionOf, type Fusion } from '../fusion.ts'
import { activationsApart } from './activations.ts'
import { embeddingApart } from './embeddings.ts'
import { groupNormApart, layerNormApart, rmsNormApart, skipLayerNorms, skipRmsNorms } from './norms.ts'
import { productsApart } from './products.ts'

export const unfusions: readonly Fusion[] = [
  fusionOf({ name: 'unfuse-embedding', kind: 'embedding' }, [embeddingApart]),
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
