// Samples as named arrays: .npz and .safetensors files, and folders of .npy files. A name is that of an input, behind the
// part and the sample it belongs to where there are several: `sample`, `unet/sample`, `17/unet/sample`.
import { readdir, readFile } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import { DamsonError, type Model, type TensorData } from '@damson/core'
import { openSource } from '@damson/graph'
import { openNpz, openSafetensors, readNpy, type ArrayFile } from '@damson/runtime'
import type { RawSample } from './checked-sample.ts'

/** The samples of a .npz or .safetensors file, in the order of their names. */
export async function* arraySamples(path: string, model: Model): AsyncIterable<RawSample> {
  const file = basename(path)
  if (extname(path) === '.npz') yield* grouped(openNpz(await readFile(path), file), file, model)
  else {
    const source = await openSource(path)
    try {
      yield* grouped(await openSafetensors(source), file, model)
    } finally {
      await source.close?.()
    }
  }
}

/** The samples of a folder of folders: `0/input.npy`, `0/unet/sample.npy`, `1/…`. */
export async function* npySamples(folder: string, model: Model): AsyncIterable<RawSample> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries
    .filter(entry => entry.isFile() && entry.name.endsWith('.npy'))
    .map(entry =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .split('\\')
        .join('/'),
    )
  const read = async (name: string): Promise<TensorData> =>
    readNpy(await readFile(join(folder, `${name}.npy`)))
  yield* grouped({ names: paths.map(path => path.slice(0, -'.npy'.length)), read }, basename(folder), model)
}

interface Named {
  readonly sample: string
  readonly part: string | undefined
  readonly input: string
}

function grouped(file: ArrayFile, at: string, model: Model): readonly RawSample[] {
  const groups = new Map<string, { named: Named; inputs: Map<string, () => Promise<TensorData>> }>()
  for (const name of file.names) {
    const named = namedOf(name, at, model)
    const key = `${named.sample}/${named.part ?? ''}`
    const group = groups.get(key) ?? { named, inputs: new Map() }
    group.inputs.set(named.input, () => file.read(name))
    groups.set(key, group)
  }
  const inOrder = [...groups].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
  return inOrder.map(([key, { named, inputs }]) => ({
    at: key === '/' ? at : `${at}/${key.replace(/\/$/, '').replace(/^\//, '')}`,
    inputs,
    ...(named.part === undefined ? {} : { part: named.part }),
  }))
}

/** The longest input of a part that the name ends with; before it the part, before that the sample. */
function namedOf(name: string, at: string, { parts }: Model): Named {
  const matches = [...parts.values()].flatMap(part => {
    const inputs = part.graph.requiredInputs().map(input => input.name)
    const own = inputs.filter(input => name === input || name.endsWith(`/${input}`))
    return own.map(input => ({
      part: part.name,
      input,
      before: name.slice(0, -input.length).replace(/\/$/, ''),
    }))
  })
  const exact = matches.filter(({ part, before }) => before === part || before.endsWith(`/${part}`))
  const [found] = [...(exact.length > 0 ? exact : matches)].sort((a, b) => b.input.length - a.input.length)
  if (!found) {
    const inputs = [...parts.values()].flatMap(({ graph }) => graph.requiredInputs().map(input => input.name))
    throw new DamsonError(
      'samples',
      `${at}: expected arrays named like an input (${[...new Set(inputs)].join(', ')}), behind the part and the sample where there are several (3/unet/sample), got "${name}".`,
    )
  }
  const inPart = exact.length > 0
  const sample = inPart ? found.before.slice(0, -found.part.length).replace(/\/$/, '') : found.before
  return { sample, part: inPart ? found.part : undefined, input: found.input }
}
