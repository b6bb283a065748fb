// How much of the zoo dynamicInt8 codes: weight bytes of products, over all models together.
import { plan, smash } from '@damson/core'
import { weights, type Weight } from '@damson/graph'
import { eachZooModel } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { readModel } from '../test/read-model.ts'
import { dynamicInt8 } from './algorithms/dynamic-int8.ts'

const products = new Set(['MatMul', 'Gemm'])

/** A matrix or a stack of them that some product reads, behind a Transpose too. */
function isFactor({ tensor, uses }: Weight): boolean {
  return (
    tensor.shape.length >= 2 &&
    uses.some(({ node, input, scope }) =>
      node.op === 'Transpose'
        ? scope.body.users(node.outputs[0] ?? '').some(user => products.has(user.node.op))
        : products.has(node.op) && input < 2,
    )
  )
}

const bytesOf = (list: readonly Weight[]): number =>
  list.reduce((sum, { tensor }) => sum + tensor.byteLength, 0)

const totals = { all: 0, coded: 0, models: 0 }

// What stays: weights that are so small that they would grow, and models that have nothing but those.
eachZooModel('has its products coded, all but what would grow', async file => {
  const model = await readModel(file)
  const factors = weights(model.part('model').graph).filter(isFactor)
  totals.all += bytesOf(factors)
  totals.models++
  if (plan(model, [dynamicInt8()]).conflicts.length > 0) {
    expect(bytesOf(factors)).toBeLessThan(4096)
    return
  }
  const left = new Set(weights((await smash(model, [dynamicInt8()])).part('model').graph).map(({ id }) => id))
  totals.coded += bytesOf(factors.filter(({ id }) => !left.has(id)))
  const small = factors.filter(({ id }) => left.has(id)).map(({ tensor }) => tensor.byteLength)
  expect(Math.max(0, ...small)).toBeLessThan(16_384)
})

afterAll(() => {
  if (totals.models > 0) expect(totals.coded / totals.all).toBeGreaterThan(0.95)
})
