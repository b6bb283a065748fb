// Prepared files as ONNX Runtime opens them: by their own paths where they lie side by side under their own names, which costs
// nothing and maps their weights; copied into a private folder where they do not.
import { open } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Source } from '@damson/graph'
import type { Materialized } from './platform.ts'
import { temporaryFolder } from './temporary.node.ts'

const nothing = async (): Promise<void> => {}
const bandBytes = 4 << 20

export async function materializeFiles(files: ReadonlyMap<string, Source>): Promise<Materialized> {
  const names = [...files.keys()].map(path => basename(path))
  const [main = ''] = names
  const paths = [...files.values()].map(({ path }) => path ?? '')
  const [folder] = paths.map(path => dirname(path))
  const inPlace = paths.every(
    (path, at) => path !== '' && dirname(path) === folder && basename(path) === names[at],
  )
  if (inPlace && folder !== undefined)
    return { source: { kind: 'file', path: join(folder, main) }, opened: nothing, dispose: nothing }
  const copied = await temporaryFolder()
  for (const [at, source] of [...files.values()].entries())
    await copy(source, join(copied.path, names[at] ?? ''))
  return { source: { kind: 'file', path: join(copied.path, main) }, opened: nothing, dispose: copied.remove }
}

async function copy(source: Source, path: string): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    const buffer = new Uint8Array(Math.min(bandBytes, source.size))
    for (let offset = 0; offset < source.size; offset += buffer.length) {
      const band = buffer.subarray(0, Math.min(buffer.length, source.size - offset))
      await source.read(offset, band)
      await file.write(band, 0, band.length, offset)
    }
  } finally {
    await file.close()
  }
}
