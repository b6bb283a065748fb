// Flux takes picture and text apart by a size that it reads inside its last block: without it among the cuts, most of the
// single blocks would run at every step.
import { inferTypes, onnx } from '@damson/graph'
import { zooTest } from '@damson/zoo/vitest'
import { load } from '@damson/core'
import { expect, test } from 'vitest'
import { denoiserInputs } from '../structure/denoiser-inputs.ts'
import { isProduct } from '../structure/products.ts'
import { stacks } from '../structure/stacks.ts'
import { withSizes } from './with-sizes.ts'

test('a size that leaves a region is cut, and what only it kept outside goes in', () => {
  const graph = inferTypes(onnx`(float[n, 2] x) => (float[n, 2] y, int64[2] s)
  <float[2, 2] w = {1, 2, 3, 4}> {
    a = MatMul(x, w)
    b = MatMul(a, w)
    s = Shape(a)
    y = Add(b, x)
  }`)
  const [a, b] = graph.nodes
  if (!a || !b) throw new Error('no nodes')
  const gate = withSizes(graph, { name: 'deep', cuts: [{ value: 'b', base: 'x' }], region: [b] })
  expect(gate.region.map(({ op }) => op)).toEqual(['MatMul', 'MatMul', 'Shape'])
  expect(gate.cuts).toEqual([{ value: 'b', base: 'x' }, { value: 's' }])
  // Where the product has to run anyway, its size is no reason to keep anything.
  const kept = withSizes(graph, { name: 'deep', cuts: [{ value: 'b', base: 'a' }], region: [b] })
  expect(kept.region).toEqual([b])
})

zooTest('fixtures/flux-tiny', 'no block of Flux runs outside its gates', async folder => {
  const model = await load(folder)
  const graph = inferTypes(model.part('transformer').graph)
  const products = (wanted: boolean): number => {
    const regions = stacks(graph, denoiserInputs(graph)?.sample ?? '').map(({ chains, region }) => {
      const cuts = chains.map(({ start, end }) => ({ value: end, base: start }))
      return wanted ? withSizes(graph, { name: 'stack', cuts, region }).region : region
    })
    const inside = new Set(regions.flat())
    return graph.nodes.filter(node => isProduct(node) && !inside.has(node)).length
  }
  expect(products(false)).toBeGreaterThan(15)
  // Embeddings of the time, the text, the guidance, the picture and the positions, and the last layer.
  expect(products(true)).toBe(13)
})
