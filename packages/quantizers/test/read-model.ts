// A file of the zoo as a model of one part called "model".
import { basename, dirname } from 'node:path'
import { modelOf, type Model } from '@damson/core'
import { fileSource, pathFolder, readGraph } from '@damson/graph'

export async function readModel(file: string): Promise<Model> {
  const graph = await readGraph(await fileSource(file), {
    folder: pathFolder(dirname(file)),
    path: basename(file),
  })
  return modelOf(graph)
}
