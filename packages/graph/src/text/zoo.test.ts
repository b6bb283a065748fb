import { eachZooModel } from '@damson/zoo/vitest'
import { dirname } from 'node:path'
import { expect, test } from 'vitest'
import { haveNodeTests, nodeTests } from '../../test/onnx-node-tests.ts'
import { check } from '../check/check.ts'
import { difference } from '../check/difference.ts'
import { readGraph } from '../file/read.ts'
import { fileSource, pathFolder } from '../storage/file-source.node.ts'
import { parse } from './parse.ts'
import { print, tensorsOf } from './print.ts'

eachZooModel('is valid, and its text parses to the same graph', async file => {
  const graph = await readGraph(await fileSource(file), { folder: await pathFolder(dirname(file)) })
  expect(check(graph)).toEqual([])
  const text = print(graph, { tensors: 'all', notes: true })
  expect(difference(parse(text, { tensors: tensorsOf(graph) }), graph)).toBe(undefined)
})

test.skipIf(!haveNodeTests)("so are ONNX's own single-operator tests", () => {
  let count = 0
  for (const { name, graph } of nodeTests()) {
    const text = print(graph, { tensors: 'all', notes: true })
    const found = difference(parse(text, { tensors: tensorsOf(graph) }), graph)
    expect({ name, found, problems: check(graph) }).toEqual({ name, found: undefined, problems: [] })
    count++
  }
  expect(count).toBeGreaterThan(900)
})
