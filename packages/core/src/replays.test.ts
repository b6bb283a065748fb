import { describe, expect, test, vi } from 'vitest'
import { refuse } from '@damson/graph'
import { periodic } from '../test/fake-algorithms.ts'
import { pipeline } from '../test/fake-models.ts'
import { hooked } from '../test/on-unet.ts'
import { checkControls, middlewares, real, sessionOptions, smash, type MachineTraits } from './index.ts'

describe('what runs with the model', () => {
  const machine: MachineTraits = { platform: 'linux', arch: 'x64', cores: 2, ort: '1.30.0', features: [] }
  const generation = { run: () => Promise.resolve({}) }
  test('middlewares in the order of the plan, one a part, with live params under control', async () => {
    const opened = vi.fn<(params: object, parts: readonly string[], groups: number) => void>()
    const live = hooked({
      params: { threshold: real({ min: 0, max: 1, default: 0.5, doc: '', live: true }), fixed: real({ min: 0, max: 1, default: 0, doc: '' }) },
      wrap: ctx => {
        opened(ctx.params, ctx.parts, ctx.groups('unet').length)
        return () => ({ part: 'unet', around: next => next })
      },
    }) // prettier-ignore
    const made = await smash(pipeline(), [periodic(), live()])
    const attached = middlewares(made)
    expect(attached.map(({ stepId, part }) => [stepId, part])).toEqual([
      ['@test/cachers/periodic', 'unet'], ['@test/hooked', 'unet'],
    ]) // prettier-ignore
    attached[1]?.middleware({ ...generation, controls: { '@test/hooked': { threshold: 0.25 } } })
    expect(opened).toHaveBeenLastCalledWith({ threshold: 0.25, fixed: 0 }, ['unet'], 1)
    expect(() => checkControls(made, { '@test/hooked': { fixed: 1 } })).toThrow(
      /"fixed" cannot be changed while the model runs; threshold can/,
    )
    expect(() => checkControls(made, { nobody: {} })).toThrow(
      /it has @test\/cachers\/periodic, @test\/hooked/,
    )
    expect(() =>
      attached[1]?.middleware({ ...generation, controls: { '@test/hooked': { threshold: 2 } } }),
    ).toThrow(/expects real 0…1/)
  })
  test('session options are merged in the order of the plan; on another machine two may disagree: a warning', async () => {
    const made = await smash(pipeline(), [
      hooked(
        { session: () => ({ intraOpNumThreads: 1, enableMemPattern: false, config: { a: '1', b: '1' } }) },
        '@test/first',
      )(),
      hooked(
        {
          session: ({ machine: { cores } }) => ({
            intraOpNumThreads: cores,
            enableMemPattern: false,
            config: { b: `${cores}` },
          }),
        },
        '@test/second',
      )(),
    ])
    const { options, warnings } = sessionOptions(made, 'unet', machine)
    expect(options).toEqual({ intraOpNumThreads: 2, enableMemPattern: false, config: { a: '1', b: '2' } })
    expect(warnings.map(({ code, details }) => [code, details?.['option']])).toEqual([
      ['session-conflict', 'intraOpNumThreads'], ['session-conflict', 'config.b'],
    ]) // prettier-ignore
    expect(sessionOptions(made, 'vae_decoder', machine)).toEqual({ options: {}, warnings: [] })
  })
  test('a step that declines on another machine is a warning', async () => {
    const picky = hooked({ session: ctx => (ctx.machine.cores > 4 ? { intraOpNumThreads: 4 } : refuse('made for more than 4 cores')) }) // prettier-ignore
    const made = await smash(pipeline(), [picky()])
    expect(sessionOptions(made, 'unet', { ...machine, cores: 8 })).toEqual({
      options: { intraOpNumThreads: 4 },
      warnings: [],
    })
    expect(sessionOptions(made, 'unet', machine).warnings).toMatchObject([
      { code: 'session-declined', step: '@test/hooked' },
    ])
  })
})
