// What does not load and run is not put in place of what was there.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { contentOf, folderWith } from './model-folders.ts'
import { damson } from './run-command.ts'

/** Renames an operator to one that no runtime has. */
const breaking = `
import { defineAlgorithm } from '${import.meta.resolve('@damson/core')}'
import { Draft } from '${import.meta.resolve('@damson/graph')}'
const product = graph => graph.nodes.find(({ op }) => op === 'MatMul')
export const breakIt = defineAlgorithm({
  id: 'outside/break', version: 1, summary: 'Breaks a node.', params: {}, contract: { takes: ['op:plain'] },
  groups: part => [{ sites: [{ node: product(part.graph) }], takes: ['op:plain'] }],
  rewrite: model => {
    const { graph } = model.part('model')
    const draft = new Draft(graph)
    draft.replace(product(graph), { op: 'NoSuchOperator' })
    return model.withGraph('model', graph.with({ nodes: draft.finish().nodes }))
  },
})
`

test('what does not load leaves the place as it was, and the node is named', async () => {
  const folder = await folderWith('fixtures/bert-tiny-ts', 'bert')
  await writeFile(join(folder, 'break.mjs'), breaking)
  await mkdir(join(folder, 'there'))
  await writeFile(join(folder, 'there', 'model.onnx'), 'as it was')
  const before = await contentOf(folder)
  const smash = ['smash', 'bert', '--use', './break.mjs', '--with', 'break']
  const { code, notes } = await damson(folder, ...smash, '-o', 'there')
  expect(code).toBe(4)
  expect(notes).toContain('"there" is not written: "model" (model.onnx) does not load and run')
  expect(notes).toMatch(/At the node "[^"]*MatMul[^"]*"/)
  expect(await contentOf(folder)).toEqual(before)
  expect(await damson(folder, ...smash, '-o', 'unchecked', '--no-verify')).toMatchObject({ code: 0 })
}, 120_000)
