// A model with two wrapping steps and a port: what middleware sees, in which order, and what stays hidden.
import { defineAlgorithm, modelOf, smash, type Call, type Model, type SessionOptions } from '@damson/core'
import { Draft, Graph, onnx } from '@damson/graph'
import { afterAll, describe, expect, test } from 'vitest'
import { createRuntime } from '../create-runtime.ts'

const runtime = createRuntime()
afterAll(() => runtime.close())

const graph = onnx`<ir_version: 8, opset_import: ["" : 17]> g (float[batch, 2] x) => (float[batch, 2] y) { y = Neg(x) }`
const x = (...data: readonly number[]) =>
  ({ dtype: 'float32', shape: [data.length / 2, 2], data: Float32Array.from(data) }) as const

/** A step that tells `log` of every call and adds `by` to the output. */
const adding = (
  name: string,
  by: number,
  log: (line: string, call?: Call) => void,
  session?: SessionOptions,
) =>
  defineAlgorithm({
    id: `@test/cachers/${name}`,
    version: 1,
    summary: 'Adds a number to an output.',
    contract: { needs: [] },
    params: {},
    groups: part => [{ sites: [{ part }], needs: [] }],
    ...(session ? { session: () => session } : {}),
    wrap:
      ({ parts }) =>
      generation => {
        log(`${name} opens, steps ${generation.steps}`)
        return {
          part: parts[0] ?? '',
          around: next => async (feeds, call) => {
            log(`${name} before`, call)
            const { y, ...rest } = await next(feeds, call)
            log(
              `${name} after, sees ${Object.keys({ y, ...rest })
                .sort()
                .join()}`,
            )
            const data = Float32Array.from([...(y?.data ?? [])].map(value => Number(value) + by))
            return { ...rest, y: { dtype: 'float32', shape: y?.shape ?? [], data } }
          },
        }
      },
  })

/** Adds an input `gate` with neutral value 1 and an output `state`. */
const gated = defineAlgorithm({
  id: '@test/cachers/gated',
  version: 1,
  summary: 'Adds ports.',
  contract: { takes: ['io:source'] },
  params: {},
  groups: part => [{ sites: [{ part }], takes: ['io:source'] }],
  rewrite(model, { step }) {
    const draft = new Draft(model.part('model').graph)
    const type = { kind: 'tensor', dtype: 'float32', shape: ['batch', 1] } as const
    draft.setInputs([...draft.inputs, { name: 'gate', type }])
    draft.add({ op: 'Mul', inputs: ['y', 'gate'], outputs: ['state'] })
    draft.setOutputs([
      ...draft.outputs,
      { name: 'state', type: { kind: 'tensor', dtype: 'float32', shape: ['batch', 2] } },
    ])
    const body = draft.finish()
    if (!(body instanceof Graph)) return model
    const common = { part: 'model', step, role: 'test' }
    return model.withGraph('model', body).withPorts([
      {
        ...common,
        name: 'gate',
        direction: 'input',
        neutral: { dtype: 'float32', shape: ['batch', 1], fill: 1 },
      },
      { ...common, name: 'state', direction: 'output' },
    ])
  },
})

describe('a generation', () => {
  test('opens middleware once, the first step of the plan outermost, and fills the call in', async () => {
    const lines: string[] = []
    const calls: Call[] = []
    const log = (line: string, call?: Call): void => {
      lines.push(line)
      if (call && line.startsWith('outer')) calls.push(call)
    }
    const steps = [adding('outer', 1, log)(), adding('inner', 10, log)()]
    const model: Model = await smash(modelOf(graph), steps, { order: 'given' })
    const live = await runtime.open(model)
    const generation = live.generation({ steps: 2 })
    expect((await generation.run('model', { x: x(1, 2) }))['y']?.data).toEqual(Float32Array.of(10, 9))
    await generation.run('model', { x: x(1, 2, 3, 4) }, { branch: 'uncond', step: 5 })
    await generation.close()
    expect(lines.slice(0, 6)).toEqual([
      'outer opens, steps 2',
      'inner opens, steps 2',
      'outer before',
      'inner before',
      'inner after, sees y',
      'outer after, sees y',
    ])
    expect(lines.filter(line => line.includes('opens'))).toHaveLength(2)
    expect(calls).toMatchObject([
      { index: 0, step: 0, branch: 'both', rows: 1 },
      { index: 1, step: 5, branch: 'uncond', rows: 2 },
    ])
    // Outside generations there is no middleware.
    expect((await live.run('model', { x: x(1, 2) }))['y']?.data).toEqual(Float32Array.of(-1, -2))
    await expect(generation.run('model', { x: x(1, 2) })).rejects.toMatchObject({ code: 'closed' })
    await live.close()
  })

  test('feeds ports with neutral values, shows them to middleware and hides them from callers', async () => {
    const lines: string[] = []
    const model = await smash(modelOf(graph), [gated(), adding('watch', 0, line => lines.push(line))()])
    const live = await runtime.open(model)
    const generation = live.generation()
    const outputs = await generation.run('model', { x: x(1, 2, 3, 4) })
    expect(Object.keys(outputs)).toEqual(['y'])
    expect(lines).toContain('watch after, sees state,y')
    expect(Object.keys(await live.run('model', { x: x(1, 2) }))).toEqual(['y'])
    await generation.close()
    await live.close()
  })

  test('refuses unknown parts and controls, and stops at its signal', async () => {
    const live = await runtime.open(await smash(modelOf(graph), [adding('one', 1, () => {})()]))
    await expect(live.run('unet', {})).rejects.toMatchObject({
      code: 'unknown-part',
      message: expect.stringContaining('model'),
    })
    expect(() => live.generation({ controls: { nobody: { a: 1 } } })).toThrow(/nobody/)
    const stop = new AbortController()
    const generation = live.generation({ signal: stop.signal })
    stop.abort(new Error('enough'))
    await expect(generation.run('model', { x: x(1, 2) })).rejects.toThrow('enough')
    await live.close()
    expect(() => live.generation()).toThrow(/closed/)
  })
})

test('session options of steps reach the session', async () => {
  const model = await smash(modelOf(graph), [
    adding('odd', 0, () => {}, { executionProviders: ['made-up'] })(),
  ])
  const live = await runtime.open(model)
  await expect(live.run('model', { x: x(1, 2) })).rejects.toMatchObject({
    message: expect.stringContaining('made-up'),
  })
  await live.close()
})
