import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gate, memoryTensor, onnx, regionBetween } from '@damson/graph'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { load } from './load.ts'
import { modelOf } from './model-value.ts'
import type { Model, Port } from './model.ts'
import { save } from './save.ts'

const graph = onnx`<ir_version: 10, opset_import: ["" : 21]> g (float[n,200] x) => (float[n,200] y)
<float[200,200] w = ${memoryTensor('float32', [200, 200], new Float32Array(40_000).fill(0.5))}, float[n,200] a, float[n,200] b> {
  [first] a = MatMul(x, w)
  [second] b = Sin(a)
  [last] y = Add(b, x)
}`
const plain = modelOf(graph)

function withPorts(): Model {
  const flag: Port = {
    part: 'model', step: '@test/gate', name: 'full', direction: 'input', role: 'gate', neutral: { dtype: 'bool', shape: [], fill: 1 },
  } // prettier-ignore
  const cut = gate(graph, regionBetween(graph, ['a'], ['b']), {
    when: { input: 'full' },
    otherwise: ({ name }) => ({ input: `cached_${name}` }),
  })
  const cache: Port = { ...flag, name: 'cached_b', role: 'cache', neutral: { dtype: 'float32', shape: [0], fill: 0 } } // prettier-ignore
  return modelOf(cut.graph).withPorts([flag, cache])
}

const root = await mkdtemp(join(tmpdir(), 'damson-twins-'))
afterAll(() => rm(root, { recursive: true }))
let folder: string
beforeEach(async () => {
  folder = join(await mkdtemp(join(root, 'x')), 'model')
  await save(withPorts(), folder)
})

const gated = ['damson.json', 'model.onnx', 'model.onnx_data', 'model.ungated.onnx']

test('a model without ports takes the twin of the one before it away', async () => {
  expect((await readdir(folder)).sort()).toEqual(gated)
  await save(plain, folder)
  expect((await readdir(folder)).sort()).toEqual(['damson.json', 'model.onnx', 'model.onnx_data'])
  expect([...(await load(folder)).parts.keys()]).toEqual(['model'])
})

test('so does one that is saved as one file', async () => {
  const path = join(folder, '..', 'one.onnx')
  await save(withPorts(), path)
  await save(plain, path)
  expect((await readdir(join(folder, '..'))).filter(name => name.includes('ungated'))).toEqual([])
})

test('a model with ports puts its own twin in place', async () => {
  await save(withPorts(), folder)
  expect((await readdir(folder)).sort()).toEqual(gated)
  await load(folder)
})

test('a file that damson did not write so stays, and a warning says so', async () => {
  const twin = join(folder, 'model.ungated.onnx')
  await writeFile(twin, 'mine')
  const warnings: string[] = []
  const onEvent = (event: { type: string; code?: string }): void =>
    void (event.type === 'warning' && warnings.push(event.code ?? ''))
  await save(plain, folder, { onEvent })
  expect(await readFile(twin, 'utf8')).toBe('mine')
  // The record does not list it any more.
  await save(plain, folder, { onEvent })
  expect(warnings).toEqual(['stale-twin', 'stale-twin'])
  expect(await readFile(twin, 'utf8')).toBe('mine')
})

test('a save that fails leaves the twin in place', async () => {
  const check = async (): Promise<void> => {
    throw new Error('no')
  }
  await expect(save(plain, folder, { check })).rejects.toThrow('no')
  expect((await readdir(folder)).sort()).toEqual(gated)
  await load(folder)
})

test('the folder that a model is read from stays as it is', async () => {
  const model = await load(folder)
  const other = join(folder, '..', 'other')
  await save(model.withPorts([]), other)
  expect((await readdir(folder)).sort()).toEqual(gated)
  await load(folder)
})
