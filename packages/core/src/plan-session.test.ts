import { describe, expect, test } from 'vitest'
import { refuse } from '@damson/graph'
import { pipeline } from '../test/fake-models.ts'
import { hooked } from '../test/on-unet.ts'
import { plan, smash, type MachineTraits, type SessionOptions, type Step } from './index.ts'

const wants = (id: string, session: SessionOptions): Step => hooked({ session: () => session }, id)()

describe('two steps that choose session options', () => {
  test('conflict where they set one option differently, with both names, the values and a way out', () => {
    const steps = [
      wants('@test/one', { intraOpNumThreads: 1, config: { a: '1', b: '1' } }),
      wants('@test/two', { intraOpNumThreads: 2, config: { a: '1', b: '2' } }),
    ]
    const { conflicts } = plan(pipeline(), steps)
    expect(conflicts.map(({ code, steps: ids, part }) => [code, ids, part])).toEqual([
      ['session', ['@test/one', '@test/two'], 'unet'],
      ['session', ['@test/one', '@test/two'], 'unet'],
    ])
    expect(conflicts.map(({ message }) => message)).toEqual([
      expect.stringMatching(/one wants intraOpNumThreads = 1 for the session of "unet", .*two wants 2/),
      expect.stringMatching(/config\.b = "1"/),
    ])
    const way = conflicts[0]?.suggestion?.steps ?? []
    expect(way).toHaveLength(1)
    expect(plan(pipeline(), way).conflicts).toEqual([])
  })
  test('compose where they agree or speak of different options', () => {
    const steps = [
      wants('@test/one', { intraOpNumThreads: 2 }),
      wants('@test/two', { intraOpNumThreads: 2, interOpNumThreads: 1 }),
    ]
    expect(plan(pipeline(), steps).conflicts).toEqual([])
  })
  test('are asked for the machine at hand: one that declines there stands against nobody', async () => {
    const picky = hooked(
      { session: ({ machine }) => (machine.cores > 4 ? { intraOpNumThreads: 4 } : refuse('few cores')) },
      '@test/picky',
    )
    const steps = [wants('@test/one', { intraOpNumThreads: 1 }), picky()]
    const machine: MachineTraits = { platform: 'linux', arch: 'x64', cores: 8, ort: '1', features: [] }
    expect(plan(pipeline(), steps).conflicts).toEqual([])
    expect(plan(pipeline(), steps, { machine }).conflicts).toHaveLength(1)
    await expect(smash(pipeline(), steps)).resolves.toBeDefined()
  })
  test('make smash refuse before anything runs', async () => {
    const steps = [wants('@test/one', { intraOpNumThreads: 1 }), wants('@test/two', { intraOpNumThreads: 2 })]
    await expect(smash(pipeline(), steps)).rejects.toThrow(/intraOpNumThreads/)
  })
})
