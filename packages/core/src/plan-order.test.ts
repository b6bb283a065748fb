import { describe, expect, test } from 'vitest'
import type { OrderEdge } from './plan-edges.ts'
import { orderSteps } from './plan-order.ts'

const edge = (before: number, after: number, kind: OrderEdge['kind'] = 'takes'): OrderEdge => ({
  before,
  after,
  kind,
  part: 'p',
  reason: `${before}<${after}`,
  because: `${before}<${after}`,
  keys: [],
})
const soft = (before: number, after: number): OrderEdge => edge(before, after, 'fits')

describe('order', () => {
  test('hard edges bind, ties keep the list', () => {
    expect(orderSteps(4, [edge(3, 0)], []).order).toEqual([1, 2, 3, 0])
    expect(orderSteps(3, [], []).order).toEqual([0, 1, 2])
  })
  test('soft edges hold unless they close a cycle, however long', () => {
    expect(orderSteps(3, [], [soft(2, 0)]).order).toEqual([1, 2, 0])
    const { order, dropped } = orderSteps(3, [edge(0, 1), edge(1, 2)], [soft(2, 0)])
    expect(order).toEqual([0, 1, 2])
    expect(dropped).toEqual([soft(2, 0)])
  })
  test('of two soft edges that exclude each other the one along the list stays', () => {
    const { order, kept, dropped } = orderSteps(2, [], [soft(1, 0), soft(0, 1)])
    expect([order, kept, dropped]).toEqual([[0, 1], [soft(0, 1)], [soft(1, 0)]]) // prettier-ignore
  })
  test('cycles are found apart from each other, and an order is given all the same', () => {
    const hard = [edge(0, 1), edge(1, 0), edge(2, 3), edge(3, 4), edge(4, 2), edge(1, 5)]
    const { cycles, order } = orderSteps(6, hard, [])
    expect(cycles).toEqual([[0, 1], [2, 3, 4]]) // prettier-ignore
    expect([...order].sort()).toEqual([0, 1, 2, 3, 4, 5])
    expect(order.indexOf(5)).toBeGreaterThan(order.indexOf(1))
  })
})
