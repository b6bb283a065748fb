// A model from the server into memory, with the progress of all its files together.
import { memoryFolder, type SourceFolder } from '@damson/graph'
import type { ServedModel } from './models.ts'

/** All files of a model. `progress` hears of bytes. Throws where a file cannot be had. */
export async function fetchModel(
  { name, files }: ServedModel,
  progress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<SourceFolder> {
  let [done, total] = [0, 0]
  const one = async ([path, url]: readonly [string, string]): Promise<readonly [string, Uint8Array]> => {
    const response = await fetch(url, { signal })
    if (!response.ok || !response.body)
      throw new Error(`Expected the file ${path} of ${name}, the server answered ${response.status}.`)
    total += Number(response.headers.get('content-length') ?? 0)
    const chunks: BlobPart[] = []
    for (const reader = response.body.getReader(); ;) {
      const { value } = await reader.read()
      if (!value) break
      chunks.push(value)
      done += value.length
      progress(done, Math.max(done, total))
    }
    return [path, new Uint8Array(await new Blob(chunks).arrayBuffer())]
  }
  return memoryFolder(new Map(await Promise.all(Object.entries(files).map(one))), name)
}
