// Writes what the golden quality figures are made from, for tooling/peers/quantizers-golden.py, which runs ONNX Runtime's own
// quantizer on it: the feeds, and which nodes ours codes. node --conditions=@damson/source --import tsx test/write-feeds.ts <folder>
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { feedsFor } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { comparedModels, seedsOf } from './compared-models.ts'
import { codedNodes, nodeChoices } from './compared-steps.ts'
import { readModel } from './read-model.ts'

const folder = process.argv[2] ?? 'feeds'
for (const compared of comparedModels) {
  const model = await readModel(requireZoo(compared.path))
  const at = join(folder, compared.path.replaceAll('/', '_'))
  mkdirSync(at, { recursive: true })
  const nodes: Record<string, readonly string[]> = {}
  for (const [choice, step] of Object.entries(nodeChoices)) nodes[choice] = await codedNodes(model, step)
  const feeds = seedsOf(compared).map(seed =>
    Object.entries(feedsFor(model.part('model').graph, { seed })).map(
      ([name, { dtype, shape, data }], index) => {
        const file = `${seed}-${index}.bin`
        if (ArrayBuffer.isView(data)) writeFileSync(join(at, file), data)
        return { name, dtype, shape, file }
      },
    ),
  )
  writeFileSync(join(at, 'feeds.json'), JSON.stringify({ path: compared.path, nodes, feeds }))
}
