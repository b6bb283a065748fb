import { readFileSync } from 'node:fs'
import { readGraph, fileSource, rewrite, simplification, foldConstants, foldShapes, eliminateCommon, removeDead, walk, tensorOf } from '@damson/graph'
import { createRuntime } from '@damson/runtime'
import { modelOf } from '@damson/core'
import { constantReshapes } from './src/reshape-targets.ts'
import { mergeEqualSizes } from './src/equal-sizes.ts'
const rt = createRuntime()
const evaluate = async (g: any) => {
  const live = await rt.open(modelOf(g))
  const out: any = await live.run('model', {})
  await live.close()
  return new Map(Object.entries<any>(out).map(([k, v]) => [k, tensorOf(v.dtype, v.shape, v.data)]))
}
const counts = JSON.parse(readFileSync('/tmp/slim-counts.json', 'utf8'))
const n = (g: any) => [...walk(g)].filter(({ node }: any) => node.op !== 'Constant').length
const only = process.argv[2]
for (const [path, c] of Object.entries<any>(counts)) {
  if (only && !path.includes(only)) continue
  try {
    let g: any = await readGraph(await fileSource('/work/shared/' + path) as any)
    for (let i = 0; i < 4; i++) {
      const b = g
      g = rewrite(g, simplification).graph
      g = await foldConstants(g, { evaluate: evaluate as any }); g = removeDead(constantReshapes(g)); g = mergeEqualSizes(g); g = eliminateCommon(g); g = removeDead(g)
      if (g === b) break
    }
    const k = n(g)
    console.log(k > c.after ? 'MORE' : k < c.after ? 'less' : 'same', path, c.before, c.after, k)
    if (only) {
    const ops: any = {}
    for (const { node } of walk(g) as any) ops[node.op] = (ops[node.op] ?? 0) + 1
    console.log(Object.keys(ops).sort().map(k => [k, ops[k]].join(':')).join(' '))
    }
  } catch (e: any) { console.log('ERR', path, String(e).slice(0, 300)) }
}
