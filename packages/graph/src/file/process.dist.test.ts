// What only a process of its own can show: how much memory a big file takes, and what a killed save leaves.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodeArguments } from '@damson/config/node'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = mkdtempSync(join(tmpdir(), 'damson-process-'))
afterAll(() => rmSync(root, { recursive: true }))
const packageRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** Starts Node on a module that imports the package by name. `kill`: sent when the module prints `ready`. */
async function run(
  script: string,
  kill?: NodeJS.Signals,
): Promise<{ output: string; code: number | null; signal: NodeJS.Signals | null }> {
  const child = spawn(
    process.execPath,
    [...nodeArguments(), '--expose-gc', '--input-type=module', '-e', script],
    {
      cwd: packageRoot,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  let output = ''
  child.stdout.on('data', (data: Buffer) => {
    output += String(data)
    if (kill && output.includes('ready')) child.kill(kill)
  })
  const [code, signal] = await once(child, 'close')
  return { output, code, signal }
}

const tensors = 24
const file = join(root, 'big.onnx')
const start = `
  import { Graph, computeTensors, fileSink, fileSource, folderSink, readGraph, writeGraph } from '@damson/graph'
  const MiB = 2 ** 20
  const peak = () => process.resourceUsage().maxRSS / 1024
`
const make = `
  const outputs = Array.from({ length: ${tensors} }, () => ({ dtype: 'uint8', shape: [8, MiB] }))
  const made = computeTensors({ key: 'made', cost: 1, outputs, async run(write) {
    const band = new Uint8Array(MiB)
    for (let output = 0; output < outputs.length; output++)
      for (let at = 0; at < 8; at++) {
        band.fill(output * 8 + at)
        await write(output, at * MiB, band)
        globalThis.onBand?.(output)
      }
  } })
  const initializers = new Map(made.map((tensor, at) => ['w' + at, { name: 'w' + at, tensor, origins: [] }]))
  const header = { irVersion: 10, opsets: new Map([['', 21]]), functions: [] }
  const graph = new Graph({ name: 'g', inputs: [], outputs: [], nodes: [], initializers, header })
`

beforeAll(async () => {
  const script = `${start}${make}
    const sink = fileSink(${JSON.stringify(file)})
    await writeGraph(graph, sink, 'big.onnx')
    await sink.commit()`
  expect((await run(script)).code).toBe(0)
  expect(statSync(file).size).toBeGreaterThan(tensors * 8 * 2 ** 20)
})

test('a file of 192 MiB opens in a few MiB and is copied in a few bands', async () => {
  const script = `${start}
    const before = peak()
    const graph = await readGraph(await fileSource(${JSON.stringify(file)}))
    const opened = peak() - before
    const sink = fileSink(${JSON.stringify(join(root, 'copy.onnx'))})
    await writeGraph(graph, sink, 'copy.onnx', { external: {} })
    await sink.commit()
    console.log(JSON.stringify({ opened, copied: peak() - before }))`
  const { opened, copied } = JSON.parse((await run(script)).output)
  expect(opened).toBeLessThan(40)
  expect(copied).toBeLessThan(100)
  expect(readdirSync(root).toSorted()).toEqual(['big.onnx', 'copy.onnx', 'copy.onnx_data'])
})

test('damage in the structure of a big file never makes it take the memory it claims', async () => {
  // Bits flip where the tags and lengths around the tensors are: at the start, and after every 8 MiB of content.
  const script = `${start}
    import { DamsonError } from '@damson/graph'
    const whole = await fileSource(${JSON.stringify(file)})
    const before = peak()
    let state = 1
    const random = bound => (state = (state * 48271) % 2147483647) % bound
    const outcomes = { opened: 0, refused: 0 }
    for (let run = 0; run < 100; run++) {
      gc()
      const places = Array.from({ length: 3 }, () => random(3) === 0 ? random(40) : random(${tensors}) * (8 * MiB + 16) + random(600))
      const source = { ...whole, name: 'damaged', size: whole.size, key: 'd' + run, async read(offset, into) {
        await whole.read(offset, into)
        for (const at of places) if (at >= offset && at < offset + into.length) into[at - offset] ^= 1 << (at + run) % 8
      } }
      try {
        await readGraph(source)
        outcomes.opened++
      } catch (error) {
        if (!DamsonError.isInstance(error, 'invalid-model')) throw error
        outcomes.refused++
      }
    }
    console.log(JSON.stringify({ ...outcomes, grown: peak() - before }))`
  const { opened, refused, grown } = JSON.parse((await run(script)).output)
  expect(opened).toBeGreaterThan(10)
  expect(refused).toBeGreaterThan(10)
  // Twice the file, in MiB: a flipped tag can make all of it one field that has to be kept.
  expect(grown).toBeLessThan(2 * tensors * 8)
})

test.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('a save ended by %s leaves no target', async signal => {
  const out = join(root, `out-${signal}`)
  const script = `${start}${make}
    globalThis.onBand = output => { if (output === 3) console.log('ready') }
    const sink = folderSink(${JSON.stringify(out)})
    await writeGraph(graph, sink, 'model.onnx')
    await sink.commit()`
  const ended = await run(script, signal)
  expect(ended.signal ?? ended.code).not.toBe(0)
  expect(existsSync(out)).toBe(false)
  const leftovers = readdirSync(root).filter(name => name.startsWith('.out'))
  // Nobody can clean up after SIGKILL; the name says whose it was.
  expect(leftovers.length).toBe(signal === 'SIGKILL' ? 1 : 0)
})

test('process.exit in the middle of a save leaves nothing', async () => {
  const out = join(root, 'exit.onnx')
  const script = `${start}${make}
    globalThis.onBand = output => { if (output === 2) process.exit(7) }
    await writeGraph(graph, fileSink(${JSON.stringify(out)}), 'exit.onnx')`
  expect((await run(script)).code).toBe(7)
  expect(readdirSync(root).filter(name => name.includes('exit'))).toEqual([])
})

test('a model can be saved over the file it is read from', async () => {
  const script = `${start}
    const graph = await readGraph(await fileSource(${JSON.stringify(file)}))
    const sink = fileSink(${JSON.stringify(file)})
    const { files } = await writeGraph(graph, sink, 'big.onnx')
    await sink.commit()
    console.log(files[0].bytes)`
  const before = readFileSync(file).subarray(-100)
  expect(Number((await run(script)).output)).toBe(statSync(file).size)
  expect(Buffer.compare(readFileSync(file).subarray(-100), before)).toBe(0)
})
