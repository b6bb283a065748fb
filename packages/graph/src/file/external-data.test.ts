import { create, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import { describe, expect, test } from 'vitest'
import { bytesSource } from '../storage/bytes-source.ts'
import { memoryFolder } from '../storage/folders.ts'
import type { Graph } from '../ir.ts'
import { numbers } from '../tensors/elements.ts'
import { parseGraph, readGraph } from './read.ts'

const data = new Uint8Array(Float32Array.from([1, 2, 3, 4]).buffer)
type Entries = Readonly<Record<string, string>>

function file(entries: Entries | readonly { key: string; value: string }[]): Uint8Array {
  const externalData = Array.isArray(entries)
    ? entries
    : Object.entries(entries).map(([key, value]) => ({ key, value }))
  const tensor = { name: 'w', dims: [2n], dataType: 1, dataLocation: 1, externalData }
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph: { initializer: [tensor] } }))
}

async function open(
  entries: Parameters<typeof file>[0],
  files: Readonly<Record<string, Uint8Array>>,
): Promise<Graph> {
  const folder = memoryFolder(new Map(Object.entries(files)), 'models')
  return readGraph(bytesSource(file(entries), 'm.onnx'), { folder, path: 'onnx/m.onnx' })
}

async function values(
  entries: Entries,
  files: Readonly<Record<string, Uint8Array>> = { 'onnx/w.data': data },
): Promise<unknown> {
  const tensor = (await open(entries, files)).initializers.get('w')?.tensor
  return tensor && numbers(tensor)
}

describe('locations', () => {
  test('beside the model, with offset and length', async () => {
    expect(await values({ location: 'w.data', offset: '4', length: '8' })).toEqual([2, 3])
  })
  test('with a leading ./, and in a folder below', async () => {
    expect(await values({ location: './w.data' })).toEqual([1, 2])
    expect(await values({ location: 'sub/w.data' }, { 'onnx/sub/w.data': data })).toEqual([1, 2])
  })
  test.each(['../w.data', '/etc/passwd', 'a/../../w', 'C:/w', 'a\\b', '', './', 'a//b', 'a\0b'])(
    '%j is refused',
    async location => {
      await expect(open({ location }, { 'onnx/w.data': data })).rejects.toMatchObject({
        code: 'invalid-model',
        message: expect.stringContaining('a location beside the model'),
      })
    },
  )
  test('a missing file is an error that names it', async () => {
    await expect(open({ location: 'gone.data' }, {})).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('gone.data beside it in models'),
    })
  })
})

describe('regions', () => {
  test.each([
    [{ location: 'w.data', offset: '12' }, 'the end of the file at 16'],
    [{ location: 'w.data', offset: '9007199254740993' }, 'one offset in bytes'],
    [{ location: 'w.data', offset: '-4' }, 'one offset in bytes'],
    [{ location: 'w.data', length: '4' }, 'length 4'],
    [{ location: 'w.data', length: '1e1' }, 'one length in bytes'],
    [{ offset: '0' }, 'one location'],
  ])('%j', async (entries, message) => {
    await expect(open(entries, { 'onnx/w.data': data })).rejects.toMatchObject({
      code: 'invalid-model',
      message: expect.stringContaining(message),
    })
  })

  test('a key that comes twice', async () => {
    const entries = [
      { key: 'location', value: 'w.data' },
      { key: 'offset', value: '0' },
      { key: 'offset', value: '4' },
    ]
    await expect(open(entries, { 'onnx/w.data': data })).rejects.toThrow(/one offset in bytes/)
  })
})

test('without its folder a model opens, and reading says what is missing', async () => {
  const graph = parseGraph(file({ location: 'w.data' }), 'm.onnx')
  const tensor = graph.initializers.get('w')?.tensor
  expect(tensor).toMatchObject({ dtype: 'float32', shape: [2] })
  expect(tensor?.data).toBeUndefined()
  await expect(tensor?.read()).rejects.toMatchObject({
    code: 'read',
    message: expect.stringContaining('w.data'),
  })
})

test('tensors in one place have one key, others do not', async () => {
  const initializer = [0, 0, 8].map((offset, at) => ({
    name: `w${at}`,
    dims: [2n],
    dataType: 1,
    dataLocation: 1 as const,
    externalData: [
      { key: 'location', value: 'w' },
      { key: 'offset', value: String(offset) },
    ],
  }))
  const bytes = toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph: { initializer } }))
  const graph = await readGraph(bytesSource(bytes, 'm'), { folder: memoryFolder(new Map([['w', data]])) })
  const keys = [...graph.initializers.values()].map(each => each.tensor.key)
  expect(new Set(keys).size).toBe(2)
  expect(keys[0]).toBe(keys[1])
})
