import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { requireZoo, zooCatalogue, zooFile, zooModels } from './zoo.ts'
import { eachZooModel } from './zoo-test.ts'

describe('without DAMSON_ZOO', () => {
  beforeEach(() => vi.stubEnv('DAMSON_ZOO', ''))
  afterEach(() => vi.unstubAllEnvs())

  test('the committed part is found', () => {
    expect(zooFile('models/use_lite.onnx')).toBeDefined()
    expect(zooFile('fixtures/bert-tiny-extdata/model.onnx_data')).toBeDefined()
    expect(zooFile('emoji/emoji-unet/model_index.json')).toBeDefined()
    expect(zooModels().every(model => model.committed)).toBe(true)
  })

  test('the rest is missing by name, not forgotten', () => {
    const present = new Set(zooModels().map(model => model.path))
    const missing = zooCatalogue().filter(entry => !present.has(entry.path))
    expect(missing.map(entry => entry.path)).toContain('models/mnist8.onnx')
    expect(zooFile('models/mnist8.onnx')).toBeUndefined()
    expect(() => requireZoo('models/mnist8.onnx')).toThrow(/models\/mnist8\.onnx.*DAMSON_ZOO/)
  })

  test('every structural fixture is committed', () => {
    const fixtures = zooCatalogue().filter(entry => entry.path.startsWith('fixtures/'))
    expect(fixtures.length).toBe(35)
    expect(fixtures.filter(entry => zooFile(entry.path) === undefined)).toEqual([])
  })
})

describe('with DAMSON_ZOO', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'damson-zoo-'))
    const file = join(folder, 'models/mnist8.onnx')
    mkdirSync(dirname(file))
    writeFileSync(file, 'onnx')
    vi.stubEnv('DAMSON_ZOO', folder)
  })
  afterEach(() => {
    vi.unstubAllEnvs()
    rmSync(folder, { recursive: true })
  })

  test('its files are found beside the committed ones', () => {
    expect(readFileSync(requireZoo('models/mnist8.onnx'), 'utf8')).toBe('onnx')
    expect(zooModels().find(model => model.path === 'models/mnist8.onnx')?.committed).toBe(false)
    expect(() => requireZoo('models/dtln_1.onnx')).toThrow(/dtln_1/)
  })
})

eachZooModel('is the file that the catalogue lists', (file, entry) => {
  // The embedded models may be retrained under the same names, so their size is not compared.
  if (!entry.path.startsWith('emoji/')) expect(statSync(file).size).toBe(entry.bytes)
})
