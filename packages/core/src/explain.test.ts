import { expect, test } from 'vitest'
import { cacher, hqq, periodic } from '../test/fake-algorithms.ts'
import { pipeline } from '../test/fake-models.ts'
import { explain } from './index.ts'

test('every part answers for every algorithm, with how much or why not', () => {
  expect(explain(pipeline(), { algorithms: [hqq, periodic, cacher.algorithm] })).toEqual([
    { part: 'text_encoder', algorithm: '@test/quantizers/hqq', accepts: { weights: 1, nodes: 0, whole: false, bytes: 16 } },
    { part: 'text_encoder', algorithm: '@test/cachers/periodic', refusal: { refused: 'not called in a denoising loop', at: 'text_encoder' } },
    {
      part: 'text_encoder', algorithm: '@test/cachers/region',
      refusal: { refused: 'it needs loop:denoise (the part is called once or more for every step of a denoising loop), which does not hold', at: 'text_encoder' },
    },
    { part: 'unet', algorithm: '@test/quantizers/hqq', accepts: { weights: 4, nodes: 0, whole: false, bytes: 256 } },
    { part: 'unet', algorithm: '@test/cachers/periodic', accepts: { weights: 0, nodes: 0, whole: true, bytes: 0 } },
    { part: 'unet', algorithm: '@test/cachers/region', accepts: { weights: 0, nodes: 8, whole: false, bytes: 0 } },
    { part: 'vae_decoder', algorithm: '@test/quantizers/hqq', refusal: { refused: 'no MatMul with a float weight' } },
    { part: 'vae_decoder', algorithm: '@test/cachers/periodic', refusal: { refused: 'not called in a denoising loop', at: 'vae_decoder' } },
    {
      part: 'vae_decoder', algorithm: '@test/cachers/region',
      refusal: { refused: 'it needs loop:denoise (the part is called once or more for every step of a denoising loop), which does not hold', at: 'vae_decoder' },
    },
  ]) // prettier-ignore
})
