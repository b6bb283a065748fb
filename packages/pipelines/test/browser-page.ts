// What the browser test bundles and calls: the same pipeline over wasm, and picture files through the canvas.
import { load } from '@damson/core'
import { createRuntime } from '@damson/runtime'
import { readPicture, textToImage, toPng, type TextToImageInput } from '../src/index.ts'

export interface PageResult {
  readonly latents: readonly number[]
  readonly pixels: readonly number[]
  /** The pixels after a PNG file was made of them and read again. */
  readonly again: readonly number[]
}

/** Draws with the served model. */
async function draw(files: readonly string[], input: TextToImageInput): Promise<PageResult> {
  const sources = await Promise.all(files.map(async path => [path, await fetchSource(path)] as const))
  const folder = {
    name: 'model',
    list: async () => files,
    open: async (path: string) => new Map(sources).get(path),
  }
  const runtime = createRuntime({ wasmPaths: new URL('/ort/', location.href).href })
  try {
    const pipeline = await textToImage(await load(folder), { runtime })
    const { latents, pictures } = await pipeline.run(input)
    await pipeline.close()
    const [picture] = pictures
    if (!picture) throw new Error('expected a picture')
    const read = await readPicture(await toPng(picture))
    return { latents: [...latents.data], pixels: [...picture.data], again: [...read.data] }
  } finally {
    await runtime.close()
  }
}

async function fetchSource(path: string): Promise<{
  readonly name: string
  readonly key: string
  readonly size: number
  read(offset: number, into: Uint8Array): Promise<void>
}> {
  const bytes = new Uint8Array(await (await fetch(`/model/${path}`)).arrayBuffer())
  const read = async (offset: number, into: Uint8Array): Promise<void> =>
    into.set(bytes.subarray(offset, offset + into.length))
  return { name: path, key: path, size: bytes.length, read }
}

Object.assign(globalThis, { draw })
