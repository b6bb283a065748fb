// Wall time and peak memory of 4-bit quantization of the 1.21 GB model: the built command against ONNX Runtime's Python
// quantizer, interleaved, where Python has it. Figures, never assertions; ratios are what to trust.
// Run: pnpm --filter @damson/bench big [runs] [kquant]   (DAMSON_PEER_PYTHON names a Python with onnxruntime and onnx)
import { spawn } from 'node:child_process'
import { access, mkdir, readFile, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { writeBigModel } from './big-model.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const folder = `${root}.bench/big`
const model = `${folder}/model.onnx`
const command = `${root}packages/damson/bin/damson.mjs`
const peer = `${root}tooling/peers/quantize-big.py`
const python = process.env['DAMSON_PEER_PYTHON'] ?? 'python3'
/** Which quantizer of both: round to nearest, or k-quant. */
const search = process.argv[3] === 'kquant' ? ['kquant'] : []

interface Figures {
  readonly seconds: number
  readonly peakMegabytes: number
}

/** Runs a program and reads the high-water mark of its memory from the kernel until it ends. */
async function measured(program: string, args: readonly string[]): Promise<Figures> {
  const start = performance.now()
  const child = spawn(program, args, { stdio: 'ignore' })
  let peak = 0
  const watch = setInterval(() => {
    void readFile(`/proc/${child.pid}/status`, 'utf8').then(
      status => (peak = Math.max(peak, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))),
      () => undefined,
    )
  }, 5)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  clearInterval(watch)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`)
  return { seconds: (performance.now() - start) / 1000, peakMegabytes: (peak * 1024) / 1e6 }
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN

async function ours(): Promise<Figures> {
  const out = `${folder}/damson`
  await rm(out, { recursive: true, force: true })
  const how = search.length === 0 ? 'symmetric=true' : 'symmetric=false,search=kquant'
  const step = `weight-only:bits=4,blockSize=32,${how}`
  return measured(process.execPath, [
    command,
    'smash',
    model,
    '--with',
    step,
    '--no-verify',
    '-o',
    `${out}/model.onnx`,
  ])
}

async function theirs(): Promise<Figures> {
  await rm(`${folder}/peer`, { recursive: true, force: true })
  await mkdir(`${folder}/peer`, { recursive: true })
  return measured(python, [peer, model, `${folder}/peer/model.onnx`, ...search])
}

async function main(runs: number): Promise<void> {
  const made = await access(model).then(
    () => true,
    () => false,
  )
  if (!made) {
    await mkdir(folder, { recursive: true })
    await writeBigModel(model)
  }
  const hasPeer = await measured(python, [
    '-c',
    'import onnxruntime.quantization.matmul_nbits_quantizer',
  ]).then(
    () => true,
    () => false,
  )
  await ours()
  const rows: { damson: Figures; peer: Figures | undefined }[] = []
  for (let run = 0; run < runs; run++)
    rows.push({ damson: await ours(), peer: hasPeer ? await theirs() : undefined })
  console.table(
    rows.map(({ damson, peer }) => ({
      'damson s': damson.seconds.toFixed(2),
      'damson MB': damson.peakMegabytes.toFixed(0),
      'peer s': peer?.seconds.toFixed(2) ?? '–',
      'peer MB': peer?.peakMegabytes.toFixed(0) ?? '–',
      'speed-up': peer ? (peer.seconds / damson.seconds).toFixed(2) : '–',
    })),
  )
  const speedups = rows.flatMap(({ damson, peer }) => (peer ? [peer.seconds / damson.seconds] : []))
  console.log(
    `median of ${runs}: ${median(rows.map(row => row.damson.seconds)).toFixed(2)} s, ${median(rows.map(row => row.damson.peakMegabytes)).toFixed(0)} MB peak`,
  )
  if (speedups.length > 0)
    console.log(
      `speed-up over ONNX Runtime's Python quantizer, pair by pair: median ${median(speedups).toFixed(2)}`,
    )
  else console.log("ONNX Runtime's Python quantizer is not installed: set DAMSON_PEER_PYTHON to compare.")
}

await main(Number(process.argv[2] ?? 5))
