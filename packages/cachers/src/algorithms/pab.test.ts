import { smash, type Feeds } from '@damson/core'
import { describeAlgorithm, tinyEncoder, tinyUnet } from '@damson/testing'
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, describe, expect } from 'vitest'
import { denoiserOfModel, oneThread, runLoop, spy, zooModel } from '../../test/denoising.ts'
import { promised } from '../../test/all-cachers.ts'
import { keepsSharedPromises } from '../../test/shared-promises.ts'
import { tinyTransformer } from '../../test/tiny-transformer.ts'
import { pab } from './pab.ts'

describeAlgorithm(pab, {
  accepts: { transformer: tinyTransformer },
  refuses: {
    'a text encoder': { model: tinyEncoder, reason: /only a denoiser/ },
    'a U-Net without attention': { model: tinyUnet, reason: /no attention/ },
  },
  expect: { outputs: { sqnr: 100 } },
})

describe('on the denoisers of the zoo', () => {
  keepsSharedPromises(promised.pab, [tinyTransformer])
})

const runtime = oneThread()
afterAll(() => runtime.close())

/** At which of ten steps, from timestep 999 or sigma 1 down, the gates are open. */
async function openSteps(
  path: string,
  controls?: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, string>>> {
  const model = await zooModel(path)
  const seen: Feeds[] = []
  const live = await runtime.open(await smash(model, [pab(), spy(seen)]))
  await runLoop(
    live,
    denoiserOfModel(model),
    { steps: 10 },
    controls ? { controls: { [pab.algorithm.id]: controls } } : {},
  )
  await live.close()
  const letters = (name: string): string => seen.map(feeds => (feeds[`${name}_run`] ? 'r' : 'F')).join('')
  return { spatial: letters('spatial'), cross: letters('cross') }
}

zooTest(
  'fixtures/sd15-tiny-dynamo',
  'each kind of attention runs once in its range, inside the window',
  async () => {
    // Timesteps 999, 899, 799, …, 99: the window is open from the third step to the one before the last.
    expect(await openSteps('fixtures/sd15-tiny-dynamo')).toEqual({
      spatial: 'FFrFrFrFrF',
      cross: 'FFrrrrrFrF',
    })
    const other = await openSteps('fixtures/sd15-tiny-dynamo', { spatial: 3, cross: 1, window: [500, 1000] })
    expect(other).toEqual({ spatial: 'FrrFrFFFFF', cross: 'FFFFFFFFFF' })
  },
)

zooTest(
  'fixtures/flux-tiny',
  'joint attention is of the first kind, and sigmas are read as timesteps',
  async () => {
    expect(await openSteps('fixtures/flux-tiny', { window: [150, 750] })).toEqual({
      spatial: 'FFFrFrFrFF',
      cross: 'FFFFFFFFFF',
    })
  },
)
