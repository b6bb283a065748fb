import { describe, expect, test } from 'vitest'
import { Draft, type Graph } from '@damson/graph'
import { pipeline } from '../test/fake-models.ts'
import { failure, hooked, sample } from '../test/on-unet.ts'
import { smash, withNeutral, type Model } from './index.ts'

/** A new input `name` added to a graph's output: neutral when 0. */
function withInput(graph: Graph, name: string): Graph {
  const draft = new Draft(graph)
  draft.setInputs([...graph.inputs, { name, type: { kind: 'tensor', dtype: 'float32', shape: ['N', 4] } }])
  const body = draft.finish()
  return graph.with({ inputs: body.inputs, nodes: body.nodes })
}

describe('ports', () => {
  const adds = (neutral: boolean) =>
    hooked({
      rewrite: (model: Model) =>
        model.withGraph('unet', withInput(model.part('unet').graph, 'delta')).withPorts([{
          part: 'unet', step: '', name: 'delta', direction: 'input', role: 'delta',
          ...(neutral ? { neutral: { dtype: 'float16', shape: ['2*N', 4], fill: 0.5 } } : {}),
        }]),
    }) // prettier-ignore
  test('carry the id of their step, and are fed with their neutral value', async () => {
    const made = await smash(pipeline(), [adds(true)()])
    expect(made.ports).toMatchObject([{ step: '@test/hooked', name: 'delta' }])
    const named = made.withGraph('unet', renamedBatch(made.part('unet').graph))
    const feeds = withNeutral(named, 'unet', sample(1).feeds)
    expect(feeds['delta']).toEqual({ dtype: 'float16', shape: [2, 4], data: new Uint16Array(8).fill(0x3800) })
    expect(withNeutral(named, 'unet', feeds)).toBe(feeds)
    expect(() => withNeutral(made, 'unet', sample(1).feeds)).toThrow(/needs a size for "2\*N"/)
  })
  test('without a neutral value, or without an input, they are refused', async () => {
    expect((await failure(smash(pipeline(), [adds(false)()]))).message).toContain('needs a neutral value')
    const absent = hooked({ rewrite: model => model.withPorts([{ part: 'unet', step: '', name: 'nothing', direction: 'output', role: 'cache' }]) }) // prettier-ignore
    expect((await failure(smash(pipeline(), [absent()]))).code).toBe('invalid-port')
  })
})

function renamedBatch(graph: Graph): Graph {
  return graph.with({
    inputs: graph.inputs.map(input =>
      input.name === 'sample'
        ? { ...input, type: { kind: 'tensor', dtype: 'float32', shape: ['N', 4] } }
        : input,
    ),
  })
}
