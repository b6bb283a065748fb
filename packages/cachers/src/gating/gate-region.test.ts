// Flux takes picture and text apart by a size that it reads inside its last block: without it among the cuts, most of the
// single blocks would run at every step.
import { load } from '@damson/core'
import { inferTypes, onnx } from '@damson/graph'
import { zooTest } from '@damson/zoo/vitest'
import { expect, test } from 'vitest'
import { denoiserInputs } from '../structure/denoiser-inputs.ts'
import { exclusiveRegion } from '../structure/exclusive-region.ts'
import { isProduct } from '../structure/products.ts'
import { stacks } from '../structure/stacks.ts'
import { streamGate } from './deep-gates.ts'
import { regionOf } from './gate-region.ts'

test('a size that leaves a region is cut, and what only it kept outside goes in', () => {
  const graph = inferTypes(onnx`(float[n, 2] x) => (float[n, 2] y, int64[2] s)
  <float[2, 2] w = {1, 2, 3, 4}> {
    a = MatMul(x, w)
    b = MatMul(a, w)
    s = Shape(a)
    y = Add(b, x)
  }`)
  const gate = regionOf(graph, { name: 'deep', cuts: [{ value: 'b', base: 'x' }] })
  expect(gate.region.map(({ op }) => op)).toEqual(['MatMul', 'MatMul', 'Shape'])
  expect(gate.cuts).toEqual([{ value: 'b', base: 'x' }, { value: 's' }])
  // Where the product has to run anyway, its size is no reason to keep anything.
  const kept = regionOf(graph, { name: 'deep', cuts: [{ value: 'b', base: 'a' }] })
  expect(kept.region).toEqual([graph.nodes[1]])
  expect(kept.cuts).toEqual([{ value: 'b', base: 'a' }])
})

zooTest('fixtures/flux-tiny', 'no block of Flux runs outside its gates', async folder => {
  const model = await load(folder)
  const graph = inferTypes(model.part('transformer').graph)
  const products = (withSizes: boolean): number => {
    const regions = stacks(graph, denoiserInputs(graph)?.sample ?? '').map(chains => {
      const [starts, ends] = [chains.map(({ start }) => start), chains.map(({ end }) => end)]
      return withSizes
        ? regionOf(graph, streamGate('stack', chains)).region
        : exclusiveRegion(graph, ends, starts)
    })
    const inside = new Set(regions.flat())
    return graph.nodes.filter(node => isProduct(node) && !inside.has(node)).length
  }
  expect(products(false)).toBeGreaterThan(15)
  // Embeddings of the time, the text, the guidance, the picture and the positions, and the last layer.
  expect(products(true)).toBe(13)
})
