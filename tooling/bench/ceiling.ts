// The ceiling table: SQNR of each model with its numbers rounded and all arithmetic exact, at each width. What a quantizer
// reaches is judged against it. Run: pnpm --filter @damson/bench ceiling   (DAMSON_ZOO names the whole zoo)
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { basename, dirname } from 'node:path'
import { modelOf, type Feeds, type Model } from '@damson/core'
import { fileSource, pathFolder, readGraph, upgradeOpset, isRefusal, type Graph } from '@damson/graph'
import { createRuntime, feedsFor } from '@damson/runtime'
import { zooFile } from '@damson/zoo'
import { fakeQuantize, type Rounding } from './fake-quantize.ts'
import { worstSqnr } from './worst-sqnr.ts'

const wholeRow = Infinity
const widths: Readonly<Record<string, Rounding>> = {
  'W8 row': { bits: 8, blockSize: wholeRow, symmetric: true },
  'W8A8 row': { bits: 8, blockSize: wholeRow, symmetric: true, activations: true },
  'W8 b32': { bits: 8, blockSize: 32, symmetric: false },
  'W4 b32 sym': { bits: 4, blockSize: 32, symmetric: true },
  'W4 b32': { bits: 4, blockSize: 32, symmetric: false },
  'W4 b128': { bits: 4, blockSize: 128, symmetric: false },
  'W2 b32': { bits: 2, blockSize: 32, symmetric: false },
}

const models = [
  'models/use_lite.onnx', 'models/stories260K.onnx', 'models/ddpm_fashion_28.onnx', 'models/ddpm_mnist_28.onnx',
  'models/yolox_nano_coco.onnx', 'models/esrgan_rdn_x2_slim.onnx', 'models/ultraface_rfb320.onnx', 'models/mnist8.onnx',
  'models/magika_v3_3.onnx', 'models/basic_pitch_nmp.onnx', 'models/gtcrn_simple.onnx',
  'emoji/emoji-unet/text_encoder/model.onnx', 'emoji/emoji-unet/unet/model.onnx', 'emoji/emoji-transformer/transformer/model.onnx',
] // prettier-ignore

const seeds = [1, 2, 3, 4, 5, 6, 7, 8]

async function openGraph(file: string): Promise<Graph> {
  const graph = await readGraph(await fileSource(file), {
    folder: pathFolder(dirname(file)),
    path: basename(file),
  })
  const upgraded = upgradeOpset(graph, 13)
  return isRefusal(upgraded) ? graph : upgraded
}

/** SQNR in dB of the worst output over all feeds. */
async function quality(model: Model, want: Model, feeds: readonly Feeds[]): Promise<number> {
  // Optimizations are off, so that rounded values stay rounded and nothing is fused into integer kernels.
  const runtime = createRuntime({ session: { graphOptimizationLevel: 'disabled' } })
  try {
    return await worstSqnr(model, want, feeds, runtime)
  } finally {
    await runtime.close()
  }
}

async function row(path: string): Promise<readonly string[] | undefined> {
  const file = zooFile(path)
  if (file === undefined) return undefined
  const graph = await openGraph(file)
  const feeds = seeds.map(seed => feedsFor(graph, { seed }))
  const cells: string[] = []
  for (const rounding of Object.values(widths)) {
    const rounded = await fakeQuantize(graph, rounding)
    cells.push((await quality(modelOf(rounded), modelOf(graph), feeds)).toFixed(1))
  }
  return [path.replace(/^(models|emoji)\//, '').replace(/(\/model)?\.onnx$/, ''), ...cells]
}

const rows: (readonly string[])[] = []
for (const path of models) {
  const made = await row(path)
  if (made) rows.push(made)
  console.log(made ? made.join('  ') : `${path} is not on this machine`)
}
const head = ['model', ...Object.keys(widths)]
const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
const page = `# The ceiling

SQNR in dB of each model's worst output when its weights (W) and, where it says so, the inputs of its products (A) are rounded to so many bits while all arithmetic stays in floating point, round to nearest, over ${seeds.length} generated feeds. \`row\`: one symmetric scale a row of the product; \`b32\`: one scale and zero point a block of 32; \`sym\`: without zero points. No way of writing the same codes into a file does better but by chance; a solver that chooses codes by data can.

Made by \`pnpm --filter @damson/bench ceiling\`.

${[head, head.map(() => '---'), ...rows].map(line).join('\n')}
`
if (rows.length === models.length)
  await writeFile(fileURLToPath(new URL('../../docs/measured/ceiling.md', import.meta.url)), page)
