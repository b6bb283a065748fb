// What each quantizer costs and brings, through the built command as a user would run it: the table of the guide "Which
// quantizer?". Run: pnpm --filter @damson/bench quantizers   (after pnpm build)
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { requireZoo } from '@damson/zoo'
import { sentences, unigramTokenizer } from '../../packages/quantizers/test/sentences.ts'

const command = fileURLToPath(new URL('../../packages/damson/bin/damson.mjs', import.meta.url))
const page = fileURLToPath(new URL('../../docs/measured/quantizers.md', import.meta.url))

const recipes = [
  'half', 'float8', 'weight-only:bits=8', 'dynamic-int8', 'llm-int8', 'static-int8',
  'weight-only:symmetric=true', 'weight-only', 'weight-only:search=mse', 'weight-only:search=kquant', 'hqq:blockSize=32',
  'gptq:blockSize=32', 'awq:blockSize=32', 'scale-estimation:blockSize=32', 'auto-bits', 'bnb4',
  'weight-only:bits=2', 'gptq:bits=2,blockSize=32',
] // prettier-ignore

interface PartReport {
  readonly part: string
  readonly bytes: readonly [number, number]
  readonly outputs: readonly { readonly sqnr: number | null }[]
  readonly latency?: { readonly ratio: number }
}

interface Measured {
  readonly size: string
  readonly quality: string
  readonly latency: string
}

/** Sentences as samples for the sentence encoder, one a line: those of the head calibrate, those of the tail are compared. */
async function sentenceSamples(folder: string): Promise<string> {
  const vocabulary: unknown = JSON.parse(await readFile(requireZoo('models/use_lite.vocab.json'), 'utf8'))
  const pairs = Array.isArray(vocabulary) ? vocabulary.map(pairOf) : []
  const tokenize = unigramTokenizer(pairs)
  const lines = sentences.map(text => JSON.stringify({ input_ids: [tokenize(text)] }))
  const path = join(folder, 'sentences.jsonl')
  await writeFile(path, `${lines.join('\n')}\n`)
  return path
}

function pairOf(entry: unknown): readonly [string, number] {
  if (Array.isArray(entry)) return [String(entry[0]), Number(entry[1])]
  throw new Error('Expected [piece, score] pairs in the vocabulary.')
}

async function run(
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly out: string; readonly errors: string }> {
  const child = spawn(process.execPath, [command, ...args])
  let [out, errors] = ['', '']
  child.stdout.on('data', chunk => (out += String(chunk)))
  child.stderr.on('data', chunk => (errors += String(chunk)))
  const code = await new Promise<number | null>(resolve => child.on('close', resolve))
  return { code, out, errors }
}

async function measure(
  model: string,
  recipe: string,
  samples: readonly string[],
  folder: string,
): Promise<Measured> {
  const out = join(folder, 'out.onnx')
  await rm(out, { force: true })
  const {
    code,
    out: text,
    errors,
  } = await run(['smash', model, '--with', recipe, ...samples, '--json', '-o', out])
  if (code !== 0) return { size: '–', quality: `refused: ${reasonOf(text, errors)}`, latency: '–' }
  const { report }: { report: { parts: readonly PartReport[] } } = JSON.parse(text)
  const [part] = report.parts
  const [before, after] = part?.bytes ?? [1, 1]
  const worst = Math.min(...(part?.outputs ?? []).map(({ sqnr }) => sqnr ?? Infinity))
  return {
    size: `${(after / before).toFixed(2)}×`,
    quality: `${worst.toFixed(1)} dB`,
    latency: `${(part?.latency?.ratio ?? NaN).toFixed(2)}×`,
  }
}

function reasonOf(text: string, errors: string): string {
  return (text + errors).replace(/\s+/g, ' ').slice(0, 60)
}

const folder = await mkdtemp(join(tmpdir(), 'damson-bench-'))
try {
  const sentenceFile = await sentenceSamples(folder)
  const models = [
    {
      name: 'sentence encoder (use_lite), sentences',
      file: 'models/use_lite.onnx',
      samples: ['--samples', sentenceFile],
    },
    {
      name: 'emoji text encoder, made-up prompts',
      file: 'emoji/emoji-unet/text_encoder/model.onnx',
      samples: [],
    },
    { name: 'emoji U-Net, made-up latents', file: 'emoji/emoji-unet/unet/model.onnx', samples: [] },
  ]
  const sections: string[] = []
  for (const { name, file, samples } of models) {
    const lines = [`## ${name}`, '', '| recipe | size | SQNR | latency |', '| --- | --- | --- | --- |']
    for (const recipe of recipes) {
      const { size, quality, latency } = await measure(requireZoo(file), recipe, samples, folder)
      lines.push(`| \`${recipe}\` | ${size} | ${quality} | ${latency} |`)
      console.log(name, recipe, size, quality, latency)
    }
    sections.push(lines.join('\n'))
  }
  await writeFile(
    page,
    `# The quantizers, measured\n\nSize of the file, SQNR of the worst output and latency, each against the original; latency is the median of interleaved runs in one process. Made by \`pnpm --filter @damson/bench quantizers\`, all cores of the machine that ran it: trust directions, measure on yours.\n\n${sections.join('\n\n')}\n`,
  )
} finally {
  await rm(folder, { recursive: true, force: true })
}
