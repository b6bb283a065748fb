import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { modelOf, save } from '@damson/core'
import { DamsonError, memorySink, memoryTensor, onnx, type Graph } from '@damson/graph'
import { afterAll, expect, test } from 'vitest'
import { createRuntime } from './create-runtime.ts'
import { loadsAndRuns } from './loads-and-runs.ts'

const runtime = createRuntime()
const root = mkdtempSync(join(tmpdir(), 'damson-check-'))
afterAll(async () => {
  rmSync(root, { recursive: true })
  await runtime.close()
})

const weight = memoryTensor('float32', [4, 4], new Float32Array(16).fill(0.5))
const whole = onnx`
  <ir_version: 8, opset_import: ["" : 17]>
  whole (float[n,4] x) => (float[n,4] y) <float[4,4] w = ${weight}> { ["/product/MatMul"] y = MatMul(x, w) }`
/** Opens nowhere: the inner dimensions do not agree. */
const torn = onnx`
  <ir_version: 8, opset_import: ["" : 17]>
  torn (float[n,3] x) => (float[n,4] y) <float[4,4] w = ${weight}> { ["/product/MatMul"] y = MatMul(x, w) }`
/** Opens, but no feed runs: a table of four rows is asked for its tenth. */
const astray = onnx`
  <ir_version: 8, opset_import: ["" : 17]>
  astray (float[n,4] x) => (float[n,4] y) <float[4,4] w = ${weight}, int64 tenth = {10}, int64[1] first = {0}>
  {
    ["/shift/Shape"] s = Shape(x)
    ["/shift/Gather"] r = Gather(s, first)
    ["/shift/Add"] i = Add(r, tenth)
    ["/table/Gather"] g = Gather(w, i)
    ["/product/MatMul"] y = Add(x, g)
  }`

const check = loadsAndRuns(runtime)
const saveAs = (graph: Graph, path: string): Promise<unknown> => save(modelOf(graph), path, { check })
const errorOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined, error => error) // prettier-ignore

test('what loads and runs is written: as a file, into a folder that is there, into memory', async () => {
  await saveAs(whole, join(root, 'a.onnx'))
  expect(existsSync(join(root, 'a.onnx'))).toBe(true)
  await saveAs(whole, join(root, 'new'))
  await saveAs(whole, join(root, 'new'))
  expect(readdirSync(join(root, 'new')).toSorted()).toEqual(['damson.json', 'model.onnx'])
  const memory = memorySink()
  await save(modelOf(whole), memory, { check })
  expect([...memory.files.keys()]).toContain('model.onnx')
})

test('what does not load leaves nothing, and what was there before; the error names the part and the node', async () => {
  const before = readdirSync(root)
  const error = await errorOf(saveAs(torn, join(root, 'b.onnx')))
  expect(DamsonError.isInstance(error, 'unrunnable') && error.message).toMatch(
    /"model" .*nothing is left in place.*"\/product\/MatMul"/s,
  )
  expect(DamsonError.isInstance(error) && error.details).toMatchObject({
    part: 'model',
    node: '/product/MatMul',
  })
  writeFileSync(join(root, 'c.onnx'), 'as it was')
  await expect(saveAs(torn, join(root, 'c.onnx'))).rejects.toThrow(/does not load and run/)
  await expect(saveAs(torn, join(root, 'fresh'))).rejects.toThrow(/does not load and run/)
  expect(readdirSync(root)).toEqual([...before, 'c.onnx'].toSorted())
})

test('what loads but does not run is not written either', async () => {
  await expect(saveAs(astray, join(root, 'd.onnx'))).rejects.toMatchObject({
    code: 'unrunnable',
    details: { node: '/table/Gather' },
  })
  expect(existsSync(join(root, 'd.onnx'))).toBe(false)
})

test('a stream cannot be read back, and says so', async () => {
  const { writable } = new TransformStream<Uint8Array>()
  await expect(save(modelOf(whole), writable, { check })).rejects.toMatchObject({ code: 'unreadable-output' })
})
