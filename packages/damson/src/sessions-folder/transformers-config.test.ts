import { expect, test } from 'vitest'
import { transformersConfig, type FolderFacts } from './transformers-config.ts'

const facts = (
  dataFiles: Readonly<Record<string, number>>,
  more: Partial<FolderFacts> = {},
): FolderFacts => ({
  files: new Map(
    Object.entries(dataFiles).map(([file, count]) => [
      file,
      { session: file.replace(/(_q4)?\.onnx$/, ''), dataFiles: count },
    ]),
  ),
  halfCaches: [],
  ...more,
})

const settingsOf = (before: unknown, given: FolderFacts): unknown =>
  transformersConfig({ a: 1, 'transformers.js_config': before }, given)['transformers.js_config']

test('a configuration that says what there is stays the same object', () => {
  const plain = { model_type: 'bert' }
  expect(transformersConfig(plain, facts({ 'model.onnx': 0 }))).toBe(plain)
  const known = {
    'transformers.js_config': { dtype: 'q4', use_external_data_format: { 'model_q4.onnx': 2 } },
  }
  expect(transformersConfig(known, facts({ 'model_q4.onnx': 2 }, { dtype: 'q4' }))).toBe(known)
})

test('data files are counted file by file, and what is said of others stays', () => {
  const format = (before: unknown, dataFiles: Readonly<Record<string, number>>): unknown =>
    settingsOf({ use_external_data_format: before }, facts(dataFiles))
  expect(format(undefined, { 'model.onnx': 3, 'model_q4.onnx': 0 })).toEqual({ use_external_data_format: { 'model.onnx': 3 } }) // prettier-ignore
  expect(format(true, { 'model.onnx': 1, 'model_q4.onnx': 1 })).toEqual({ use_external_data_format: true })
  expect(format(2, { 'model.onnx': 2, 'model_q4.onnx': 0 })).toEqual({ use_external_data_format: { model: 2, 'model_q4.onnx': 0 } }) // prettier-ignore
  expect(format({ model: 1, 'other.onnx': 4 }, { 'model.onnx': 1, 'model_q4.onnx': 2 })).toEqual({ use_external_data_format: { model: 1, 'other.onnx': 4, 'model_q4.onnx': 2 } }) // prettier-ignore
  expect(format(false, { 'model.onnx': 0 })).toEqual({ use_external_data_format: false })
})

test('float16 caches are named by dtype, unless one type is said for all', () => {
  const half = facts({ 'model.onnx': 0 }, { halfCaches: ['q4f16'] })
  expect(settingsOf({ kv_cache_dtype: { fp16: 'float16' } }, half)).toEqual({ kv_cache_dtype: { fp16: 'float16', q4f16: 'float16' } }) // prettier-ignore
  expect(settingsOf({ kv_cache_dtype: 'float16' }, half)).toEqual({ kv_cache_dtype: 'float16' })
  expect(settingsOf(undefined, half)).toEqual({ kv_cache_dtype: { q4f16: 'float16' } })
})

test('other settings and other keys stay', () => {
  const after = transformersConfig({ a: 1, 'transformers.js_config': { device: 'wasm' } }, facts({}, { dtype: { model: 'q4' } })) // prettier-ignore
  expect(after).toEqual({ a: 1, 'transformers.js_config': { device: 'wasm', dtype: { model: 'q4' } } })
})
