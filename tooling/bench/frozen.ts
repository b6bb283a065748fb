// What fixed sizes bring: nodes that are left, making a session and a run, over the same model with its sizes open.
// Run: pnpm --filter @damson/bench frozen      prints the table of docs/algorithms/compilers/static-shapes.md
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load, save, smash, type Model } from '@damson/core'
import { walk, type Graph } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { staticShapes } from '../../packages/compilers/src/algorithms/static-shapes.ts'
import { timeOpenings, type OpeningTimes } from './opening-times.ts'

const models = [
  ['bert-tiny (TorchScript)', 'fixtures/bert-tiny-ts/model.onnx', { batch_size: 1, sequence_length: 16 }],
  ['llama-tiny (dynamo)', 'fixtures/llama-tiny-dynamo/model.onnx', { batch_size: 1, sequence_length: 1, past_sequence_length: 15 }],
  ['U-Net of SD 1.5 (tiny, TorchScript)', 'fixtures/sd15-tiny-ts/unet/model.onnx', {}],
  ['USE-Lite', 'models/use_lite.onnx', {}],
] as const // prettier-ignore

const nodes = (graph: Graph): number => [...walk(graph)].filter(({ node }) => node.op !== 'Constant').length
const ratio = ({ ratio: value, interval }: OpeningTimes['first']): string =>
  `${value.toFixed(2)} (${interval.map(each => each.toFixed(2)).join('–')})`

function graphOf(model: Model): Graph {
  const [part] = model.parts.values()
  if (!part) throw new Error('expected a part')
  return part.graph
}

/** Sizes that are given, and small ones for what else is open. */
function sizesOf(graph: Graph, given: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const feeds = feedsFor(graph, { dims: given })
  const open = graph.requiredInputs().flatMap(({ name, type }) => {
    const shape = type?.kind === 'tensor' ? (type.shape ?? []) : []
    return shape.flatMap((dim, at) =>
      typeof dim === 'number' && dim > 0 ? [] : [[`${name}:${at}`, feeds[name]?.shape[at] ?? 1] as const],
    )
  })
  return Object.fromEntries(open)
}

const folder = await mkdtemp(join(tmpdir(), 'damson-frozen-'))
const runtime = createRuntime()
console.log(
  '| model | nodes | frozen | create + first run, new/old | run, new/old |\n| --- | --- | --- | --- | --- |',
)
for (const [name, path, given] of models) {
  const source = await load(requireZoo(path))
  const dims = sizesOf(graphOf(source), given)
  const frozen = await smash(source, [staticShapes({ dims })], { runtime })
  const to = join(folder, 'frozen.onnx')
  await save(frozen, to)
  const forms = [requireZoo(path), to].map(each => ({ path: each, options: {} }))
  const feeds = feedsFor(graphOf(frozen), { seed: 1 })
  const [, times] = await timeOpenings(forms, feeds, { threads: 1, openings: 25, budgetMs: 5000 })
  if (times) console.log(`| ${name} | ${nodes(graphOf(source))} | ${nodes(graphOf(frozen))} | ${ratio(times.first)} | ${ratio(times.steady)} |`) // prettier-ignore
  await rm(to)
}
await runtime.close()
await rm(folder, { recursive: true, force: true })
