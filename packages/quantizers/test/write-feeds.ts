// Writes the feeds of the golden quality figures, for tooling/peers/quantizers-golden.py, which runs ONNX Runtime's own
// quantizer on them: node --conditions=@damson/source --import tsx test/write-feeds.ts <folder>
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { feedsFor } from '@damson/runtime'
import { requireZoo } from '@damson/zoo'
import { comparedModels, comparedSeed } from './compared-models.ts'
import { readModel } from './read-model.ts'

const folder = process.argv[2] ?? 'feeds'
for (const path of comparedModels) {
  const at = join(folder, path.replaceAll('/', '_'))
  mkdirSync(at, { recursive: true })
  const feeds = feedsFor((await readModel(requireZoo(path))).part('model').graph, { seed: comparedSeed })
  const list = Object.entries(feeds).map(([name, { dtype, shape, data }], index) => {
    if (ArrayBuffer.isView(data)) writeFileSync(join(at, `${index}.bin`), data)
    return { name, dtype, shape, ...(ArrayBuffer.isView(data) ? {} : { strings: data }) }
  })
  writeFileSync(join(at, 'feeds.json'), JSON.stringify(list))
}
