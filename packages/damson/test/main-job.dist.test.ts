// The command as a process, from beginning to end: written, verified, measured, and one JSON document on standard output.
import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { folderWith } from './model-folders.ts'
import { startDamson } from './spawn-command.ts'

test('smash writes, verifies and prices; compare finds the same', async () => {
  const folder = await folderWith('fixtures/bert-tiny-ts', 'bert')
  const smash = await startDamson(folder, 'smash', 'bert', '-w', 'weight-only:bits=8', '-o', 'out', '--json')
    .ended
  expect(smash).toMatchObject({ code: 0, notes: '' })
  const { plan, files, report } = JSON.parse(smash.out)
  expect(plan.steps[0].step).toMatchObject({ use: '@damson/quantizers/weight-only', params: { bits: 8 } })
  expect(Object.keys(files).sort()).toEqual(['config.json', 'damson.json', 'model.onnx'])
  const [part] = report.parts
  expect(part.bytes[1]).toBe(files['model.onnx'].bytes)
  expect(part.bytes[1]).toBeLessThan(part.bytes[0] / 2)
  expect(part.parameters[1]).toBe(part.parameters[0])
  expect(part.latency.interval[0]).toBeLessThanOrEqual(part.latency.ratio)
  expect(part.latency.interval[1]).toBeGreaterThanOrEqual(part.latency.ratio)
  for (const output of part.outputs) {
    // 8 bits in blocks of 32: each matrix keeps about 45 dB; four layers of them more than 30.
    expect(output.sqnr).toBeGreaterThan(30)
    expect(output).toMatchObject({ excluded: 0, broken: 0 })
  }
  for (const cost of report.load)
    expect(cost).toMatchObject({ ms: expect.any(Number), peakBytes: expect.any(Number) })

  const compare = await startDamson(folder, 'compare', 'bert', 'out', '--json', '--pairs', '0').ended
  expect(compare).toMatchObject({ code: 0, notes: '' })
  const compared = JSON.parse(compare.out).parts[0]
  expect(compared).toMatchObject({ bytes: part.bytes, parameters: part.parameters, outputs: part.outputs })
  expect(compared.latency).toBeUndefined()
}, 120_000)

test('a model that does not run is not left in place, and the operator is named', async () => {
  const folder = await folderWith('fixtures/bert-tiny-ts', 'bert')
  await writeFile(join(folder, 'break.mjs'), breaking)
  const args = ['smash', 'bert', '--use', './break.mjs', '--with', 'break', '-o', 'out']
  const { code, notes } = await startDamson(folder, ...args).ended
  expect(code).toBe(4)
  expect(notes).toMatch(/"out" is not written: "model" [^]*NoSuchOperator/)
  expect(await readdir(folder)).toEqual(['bert', 'break.mjs'])
}, 120_000)

/** Renames an operator to one that no runtime has. */
const breaking = `
import { defineAlgorithm } from '${import.meta.resolve('@damson/core')}'
import { Draft, mapBodies } from '${import.meta.resolve('@damson/graph')}'
export const breakIt = defineAlgorithm({
  id: 'outside/break', version: 1, summary: 'Breaks a node.', params: {}, contract: { takes: ['op:plain'] },
  groups: part => [{ sites: [{ node: part.graph.nodes.find(({ op }) => op === 'MatMul') }], takes: ['op:plain'] }],
  rewrite: model => [...model.parts.keys()].reduce((changed, name) => {
    const { graph } = changed.part(name)
    return changed.withGraph(name, mapBodies(graph, body => {
      const draft = new Draft(body)
      const node = body.nodes.find(({ op }) => op === 'MatMul')
      if (node) draft.replace(node, { op: 'NoSuchOperator' })
      return draft.finish()
    }))
  }, model),
})
`
