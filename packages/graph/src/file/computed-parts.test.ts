import { describe, expect, test } from 'vitest'
import { bytesTensor, computation, contents, graphOf, ramp, save, sha } from '../../test/byte-graphs.ts'
import { streamSink } from '../storage/stream-sink.ts'
import type { Computation } from '../tensor.ts'
import { computeTensors } from '../tensors/computed-tensor.ts'
import { parseGraph } from './read.ts'
import { graphToBytes, writeGraph } from './write.ts'

describe('computed tensors', () => {
  test('go straight to their places, whatever the order of their bands', async () => {
    const runs: string[] = []
    const [a, b] = computeTensors(computation('c', [70_500, 2_300], runs))
    if (!a || !b) return expect.fail('two tensors')
    const graph = graphOf({
      first: bytesTensor(80_000, 9),
      scales: b,
      middle: bytesTensor(90_000, 8),
      packed: a,
    })
    const expected = {
      first: sha(ramp(80_000, 9)),
      scales: sha(ramp(2_300, 1)),
      middle: sha(ramp(90_000, 8)),
      packed: sha(ramp(70_500, 0)),
    }
    for (const external of ['never', {}] as const) {
      const { again } = await save(graph, { external })
      expect(await contents(again)).toEqual(expected)
    }
    expect(runs).toEqual(['c', 'c'])
  })

  test('in nested bodies, with all lengths around them right', async () => {
    const [tensor] = computeTensors(computation('n', [300_000]))
    if (!tensor) return expect.fail('a tensor')
    const constant = {
      op: 'Constant',
      domain: '',
      name: '',
      inputs: [],
      outputs: ['c'],
      origins: [],
      attributes: new Map([['value', { type: 'tensor' as const, value: tensor }]]),
    }
    const inner = graphOf({}, { nodes: [constant], outputs: [{ name: 'c' }] })
    const outer = {
      op: 'If',
      domain: '',
      name: 'if',
      inputs: ['x'],
      outputs: ['y'],
      origins: [],
      attributes: new Map([['then_branch', { type: 'graph' as const, value: inner }]]),
    }
    const graph = graphOf({ w: bytesTensor(70_000, 1) }, { nodes: [outer] })
    const { again } = await save(graph)
    const body = again.nodes[0]?.attributes.get('then_branch')
    const found = body?.type === 'graph' ? body.value.tensor('c') : undefined
    expect(sha((await found?.read()) ?? new Uint8Array(0))).toBe(sha(ramp(300_000, 0)))
    expect(await contents(again)).toEqual({ w: sha(ramp(70_000, 1)) })
  })

  test('with equal keys run once', async () => {
    const runs: string[] = []
    const one = computeTensors(computation('same', [100_000], runs))[0]
    const two = computeTensors(computation('same', [100_000], runs))[0]
    if (!one || !two) return expect.fail('two tensors')
    const { again } = await save(graphOf({ one, two }))
    expect(await contents(again)).toEqual({ one: sha(ramp(100_000, 0)), two: sha(ramp(100_000, 0)) })
    expect(runs).toEqual(['same'])
  })

  const broken: readonly [string, Computation['run']][] = [
    ['leaves something out', async write => write(0, 0, new Uint8Array(50))],
    ['writes beyond its output', async write => write(0, 90, new Uint8Array(20))],
    ['writes to an output that it has not', async write => write(1, 0, new Uint8Array(1))],
    [
      'writes one place twice',
      async write => {
        await write(0, 0, new Uint8Array(50))
        await write(0, 0, new Uint8Array(50))
      },
    ],
  ]
  test.each(broken)('an error when a computation %s', async (_, run) => {
    const [tensor] = computeTensors({ key: 'k', cost: 1, outputs: [{ dtype: 'uint8', shape: [100] }], run })
    if (!tensor) return expect.fail('a tensor')
    await expect(graphToBytes(graphOf({ tensor }))).rejects.toMatchObject({ code: 'computation' })
  })
})

test('a place that cannot read back gets everything in order, and the hash is right', async () => {
  const [a, b] = computeTensors(computation('c', [70_500, 2_300]))
  if (!a || !b) return expect.fail('two tensors')
  const graph = graphOf({ scales: b, packed: a, last: bytesTensor(70_000, 5) })
  const chunks: Uint8Array[] = []
  const sink = streamSink(new WritableStream({ write: chunk => void chunks.push(chunk) }))
  const { files } = await writeGraph(graph, sink, 'm.onnx')
  await sink.commit()
  const bytes = new Uint8Array(Buffer.concat(chunks))
  expect(sha(bytes)).toBe(files[0]?.sha256)
  expect(await contents(parseGraph(bytes))).toEqual(await contents(graph))
})
