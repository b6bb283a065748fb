// The deep half of a U-Net behind a gate: what caching of activations rests on, on a real exporter's graph.
import { dirname } from 'node:path'
import { zooTest } from '@damson/zoo/vitest'
import { Tensor } from 'onnxruntime-node'
import { expect } from 'vitest'
import { feedsFor, runGraph } from '../../test/ort-run.ts'
import { check } from '../check/check.ts'
import { readGraph } from '../file/read.ts'
import { inferTypes } from '../infer/infer.ts'
import { fileSource, pathFolder } from '../storage/file-source.node.ts'
import { gate } from './gate.ts'
import { regionBetween } from './region.ts'

zooTest(
  'fixtures/sd15-tiny-ts/unet/model.onnx',
  'skipping the deep blocks with what they gave before changes nothing',
  async file => {
    const read = await readGraph(await fileSource(file), { folder: await pathFolder(dirname(file)) })
    const graph = inferTypes(read)
    const deep = regionBetween(
      graph,
      ['/down_blocks.0/downsamplers.0/conv/Conv_output_0'],
      ['/up_blocks.1/upsamplers.0/conv/Conv_output_0'],
    )
    expect(deep.length).toBeGreaterThan(graph.nodes.length / 3)
    const gated = gate(graph, deep, {
      when: { input: 'full' },
      otherwise: ({ name }) => ({ input: `cached${name}` }),
    })
    expect(check(gated.graph)).toEqual([])
    expect([...gated.graph.initializers.values()]).toEqual([...graph.initializers.values()])

    const feeds = feedsFor(
      graph,
      new Map(Object.entries({ batch_size: 1, steps: 1, height: 16, width: 16, sequence_length: 7 })),
    )
    const seen = graph.with({ outputs: [...graph.outputs, ...gated.outputs] })
    const whole = await runGraph(seen, feeds)
    const cached = Object.fromEntries(
      gated.outputs.map(({ name }) => {
        const output = whole[name]
        if (!output) throw new Error(`no output ${name}`)
        return [
          `cached${name}`,
          new Tensor(output.type as 'float32', output.data as Float32Array, output.dims),
        ]
      }),
    )
    const [name = ''] = graph.outputs.map(output => output.name)
    const flag = (value: boolean) => ({ full: new Tensor('bool', Uint8Array.of(value ? 1 : 0), []) })
    const zeros = Object.fromEntries(
      Object.entries(cached).map(([key, each]) => [
        key,
        new Tensor(each.type as 'float32', new Float32Array(each.size), each.dims),
      ]),
    )
    const full = await runGraph(gated.graph, { ...feeds, ...zeros, ...flag(true) })
    expect(full[name]?.data).toEqual(whole[name]?.data)
    const skipped = await runGraph(gated.graph, { ...feeds, ...cached, ...flag(false) })
    expect(skipped[name]?.data).toEqual(whole[name]?.data)
    const wrong = await runGraph(gated.graph, { ...feeds, ...zeros, ...flag(false) })
    expect(wrong[name]?.data).not.toEqual(whole[name]?.data)
  },
)
