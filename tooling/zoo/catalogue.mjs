// Writes catalogue.json from a complete zoo: `node tooling/zoo/catalogue.mjs <folder>`.
import { readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const zoo = process.argv[2]
if (!zoo)
  throw new Error('expected the folder of the whole zoo (with models/, fixtures/ and emoji/) as the argument')

const entries = ['models', 'fixtures', 'emoji']
  .flatMap(folder => readdirSync(join(zoo, folder), { recursive: true }).map(path => `${folder}/${path}`))
  .filter(path => path.endsWith('.onnx'))
  .sort()
  .map(path => ({ path, bytes: statSync(join(zoo, path)).size }))

const lines = entries.map(entry => '  ' + JSON.stringify(entry)).join(',\n')
writeFileSync(new URL('catalogue.json', import.meta.url), `[\n${lines}\n]\n`)
