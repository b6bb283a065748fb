// Wall time and peak memory of quantization and simplification of the 1.21 GB model: the built command against ONNX Runtime's
// Python tools and OnnxSlim, interleaved, where Python has them. Figures, never assertions; ratios are what to trust.
// Run: pnpm --filter @damson/bench big [runs] [rtn | kquant | int8 | fp16 | simplify | calibrated]…
// (DAMSON_PEER_PYTHON names a Python with onnxruntime, onnx and onnxslim; calibrated is compared with an fp32 session's memory)
import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { access, mkdir, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { writeBigModel } from './big-model.ts'
import { bigRecipe, sessionProgram, type BigRecipe } from './big-recipes.ts'
import { measured, median, type Figures } from './measured-process.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = `${root}.bench/big`
const model = `${folder}/model.onnx`
const command = `${root}packages/damson/bin/damson.mjs`
const script = `${root}tooling/peers/quantize-big.py`
const python = process.env['DAMSON_PEER_PYTHON'] ?? 'python3'

async function ours({ step }: BigRecipe): Promise<Figures> {
  const out = `${folder}/damson`
  await rm(out, { recursive: true, force: true })
  const args = ['smash', model, '--with', step, '--no-verify', '-o', `${out}/model.onnx`]
  return measured(process.execPath, [command, ...args])
}

async function theirs({ peer }: BigRecipe): Promise<Figures> {
  if (peer === 'session')
    return measured(process.execPath, ['-e', sessionProgram(model, `${root}packages/damson/package.json`)])
  await rm(`${folder}/peer`, { recursive: true, force: true })
  await mkdir(`${folder}/peer`, { recursive: true })
  return measured(python, [script, model, `${folder}/peer/model.onnx`, peer])
}

const answers = (promise: Promise<unknown>): Promise<boolean> =>
  promise.then(
    () => true,
    () => false,
  )

interface Row {
  readonly damson: Figures
  readonly peer: Figures | undefined
}

async function measure(recipe: BigRecipe, runs: number, hasPeer: boolean): Promise<readonly Row[]> {
  await ours(recipe)
  const rows: Row[] = []
  for (let run = 0; run < runs; run++) {
    await settle()
    const damson = await ours(recipe)
    await settle()
    rows.push({ damson, peer: hasPeer || recipe.peer === 'session' ? await theirs(recipe) : undefined })
  }
  return rows
}

/**
 * So that neither side waits for the disk: what the one before wrote has left memory, and the model is in it again, which a
 * peer of 8 GB pushes out.
 */
async function settle(): Promise<void> {
  await promisify(execFile)('sync')
  for (const file of [model, `${model}_data`])
    for await (const band of createReadStream(file, { highWaterMark: 4 * 2 ** 20 })) void band
}

function show(name: string, rows: readonly Row[]): void {
  console.log(`${name}: ${bigRecipe(name).step}`)
  console.table(
    rows.map(({ damson, peer }) => ({
      'damson s': damson.seconds.toFixed(2),
      'damson MB': damson.peakMegabytes.toFixed(0),
      'peer s': peer?.seconds.toFixed(2) ?? '–',
      'peer MB': peer?.peakMegabytes.toFixed(0) ?? '–',
      'speed-up': peer ? (peer.seconds / damson.seconds).toFixed(2) : '–',
    })),
  )
  const seconds = median(rows.map(({ damson }) => damson.seconds)).toFixed(2)
  const megabytes = median(rows.map(({ damson }) => damson.peakMegabytes)).toFixed(0)
  const speedups = rows.flatMap(({ damson, peer }) => (peer ? [peer.seconds / damson.seconds] : []))
  const ratio =
    speedups.length > 0 ? `; speed-up over the peer, pair by pair, ${median(speedups).toFixed(2)}` : ''
  console.log(`median of ${rows.length}: ${seconds} s, ${megabytes} MB peak${ratio}`)
}

async function main(runs: number, names: readonly string[]): Promise<void> {
  const recipes = names.map(name => ({ name, recipe: bigRecipe(name) }))
  if (!(await answers(access(model)))) {
    await mkdir(folder, { recursive: true })
    await writeBigModel(model)
  }
  const hasPeer = await answers(measured(python, ['-c', 'import onnxruntime.quantization']))
  for (const { name, recipe } of recipes) show(name, await measure(recipe, runs, hasPeer))
  if (!hasPeer)
    console.log("ONNX Runtime's Python tools are not installed: set DAMSON_PEER_PYTHON to compare.")
}

const [runs = '5', ...names] = process.argv.slice(2)
await main(Number(runs), names.length > 0 ? names : ['rtn'])
