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
    const chunks: Uint8Array[] = []
    for (const reader = response.body.getReader(); ;) {
      const { value } = await reader.read()
      if (!value) break
      chunks.push(value)
      done += value.length
      progress(done, Math.max(done, total))
    }
    return [path, joined(chunks)]
  }
  return memoryFolder(new Map(await Promise.all(Object.entries(files).map(one))), name)
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.length
  }
  return all
}
