// ONNX's own test of every operator, brought to opset 21: ONNX Runtime gives the same bits before and after, wherever it
// runs the original.
import { Tensor as OrtTensor } from 'onnxruntime-node'
import { describe, expect, test } from 'vitest'
import { runGraph, type RunOutput } from '../../../test/ort-run.ts'
import { haveNodeTests, nodeTests, type NodeTest } from '../../../test/onnx-node-tests.ts'
import { isRefusal } from '../../error.ts'
import type { Tensor } from '../../tensor.ts'
import { residentArray } from '../../tensors/typed-array.ts'
import { isDeterministic } from '../determinism.ts'
import { upgradeOpset } from './upgrade-opset.ts'

/** Undefined for what onnxruntime-node takes no feeds of. */
function feed(tensor: Tensor): OrtTensor | undefined {
  const { dtype, shape, strings } = tensor
  if (strings) return new OrtTensor('string', [...strings], shape)
  const data = residentArray(tensor)
  if (data instanceof Float32Array && dtype === 'float32') return new OrtTensor('float32', data, shape)
  if (data instanceof Float64Array && dtype === 'float64') return new OrtTensor('float64', data, shape)
  if (data instanceof BigInt64Array) return new OrtTensor('int64', data, shape)
  if (data instanceof Int32Array) return new OrtTensor('int32', data, shape)
  if (data instanceof Int8Array) return new OrtTensor('int8', data, shape)
  if (data instanceof Uint8Array && dtype === 'uint8') return new OrtTensor('uint8', data, shape)
  if (data instanceof Uint8Array && dtype === 'bool') return new OrtTensor('bool', data, shape)
  return undefined
}

function feedsOf({ graph, inputs }: NodeTest): Record<string, OrtTensor> | undefined {
  const feeds: Record<string, OrtTensor> = {}
  for (const { name } of graph.requiredInputs()) {
    const tensor = inputs.get(name)
    const fed = tensor && feed(tensor)
    if (!fed) return undefined
    feeds[name] = fed
  }
  return feeds
}

type Outputs = Readonly<Record<string, RunOutput>>

async function attempt(run: () => Promise<Outputs>): Promise<Outputs | string> {
  try {
    return await run()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** From opset 19 on ONNX Runtime averages with another kernel, which adds in another order. */
const otherKernel: ReadonlySet<string> = new Set(['AveragePool'])

/** Equal bits, or for the operators above numbers within 1e-6 of each other (the tests average numbers of about 1). */
function agree(before: Outputs, after: Outputs | string, loose: boolean): boolean {
  if (typeof after === 'string') return false
  return Object.entries(before).every(([name, { type, dims, data }]) => {
    const other = after[name]
    if (!other || other.type !== type || other.dims.join() !== dims.join()) return false
    const [ours, theirs]: readonly ArrayLike<unknown>[] = [other.data, data]
    return Array.from(theirs ?? [], (value, at) => close(value, ours?.[at], loose ? 1e-6 : 0)).every(Boolean)
  })
}

const close = (a: unknown, b: unknown, tolerance: number): boolean =>
  Object.is(a, b) || (typeof a === 'number' && typeof b === 'number' && Math.abs(a - b) < tolerance)

describe.skipIf(!haveNodeTests)('the node tests of ONNX', () => {
  test('give the same bits at opset 21', async () => {
    const [refused, different]: [string[], string[]] = [[], []]
    let same = 0
    for (const each of nodeTests()) {
      const { graph, name } = each
      const feeds = feedsOf(each)
      const steady = graph.nodes.every(node => isDeterministic(node, new Map()))
      if (!feeds || !steady || graph.opset() < 7 || graph.opset() >= 21) continue
      const before = await attempt(() => runGraph(graph, feeds))
      if (typeof before === 'string') continue
      const upgraded = upgradeOpset(graph, 21)
      if (isRefusal(upgraded)) {
        refused.push(`${name}: ${upgraded.refused}`)
        continue
      }
      const after = await attempt(() => runGraph(upgraded, feeds))
      const loose = graph.nodes.some(node => otherKernel.has(node.op))
      if (agree(before, after, loose)) same++
      else different.push(`${name}: ${typeof after === 'string' ? after : 'other numbers'}`)
    }
    expect(different).toEqual([])
    expect(refused.map(each => each.split(':')[0])).toEqual([
      'test_resize_downsample_sizes_nearest_tf_half_pixel_for_nn',
      'test_scan_sum',
    ])
    expect(same).toBeGreaterThan(700)
  }, 300_000)

  test('and the comparison notices one other bit', () => {
    const output = (...values: number[]): Outputs => ({
      y: { type: 'float32', dims: [2], data: Float32Array.from(values) },
    })
    expect(agree(output(1, 2), output(1, 2), false)).toBe(true)
    expect(agree(output(1, 2), output(1, 2.0000002), false)).toBe(false)
    expect(agree(output(1, 2), output(1, 2.0000002), true)).toBe(true)
    expect(agree(output(1, 2), output(1, 2.00001), true)).toBe(false)
    expect(agree(output(1, 2), 'no kernel', true)).toBe(false)
  })
})
