import { describeAlgorithm, tinyEncoder, tinyUnet } from '@damson/testing'
import { periodicCache } from './periodic-cache.ts'

describeAlgorithm(periodicCache, {
  accepts: { unet: tinyUnet },
  refuses: { 'a text encoder': { model: tinyEncoder, reason: /only a denoiser/ } },
  expect: { outputs: 'equal', size: 1 },
})
