import { create, toBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { requireZoo } from '@damson/zoo'
import fc from 'fast-check'
import { ModelProtoSchema } from 'onnx-buf'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { DamsonError } from '../error.ts'
import { Graph } from '../ir.ts'
import { bytesSource } from '../storage/bytes-source.ts'
import { parseGraph, readGraph } from './read.ts'
import { graphToBytes } from './write.ts'
import { join, varint } from './wire.ts'

const fuzz = { seed: 20261122, numRuns: 400, interruptAfterTimeLimit: 15_000 }

function modelOf(fields: MessageInitShape<typeof ModelProtoSchema>): Uint8Array {
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, fields))
}

/** A field with a length, as it lies in a file. */
function field(number: number, ...content: readonly Uint8Array[]): Uint8Array {
  const bytes = join(...content)
  return join(varint(number * 8 + 2), varint(bytes.length), bytes)
}

/** A graph, or an `invalid-model` error; in both ways of reading the same. */
async function expectOrderly(bytes: Uint8Array): Promise<'graph' | 'error'> {
  const outcomes = await Promise.all(
    [async () => parseGraph(bytes), () => readGraph(bytesSource(bytes))].map(async read => {
      try {
        const graph = await read()
        expect(graph).toBeInstanceOf(Graph)
        return 'graph'
      } catch (error) {
        if (!DamsonError.isInstance(error, 'invalid-model')) throw error
        return 'error'
      }
    }),
  )
  // A big typed field is converted at once when the bytes are there, else when it is read.
  return outcomes.includes('error') ? 'error' : 'graph'
}

const samples = ['fixtures/sd15-tiny-ts/text_encoder/model.onnx', 'fixtures/resnet-tiny-ts/model.onnx'].map(
  path => new Uint8Array(readFileSync(requireZoo(path))),
)

describe('damaged files', () => {
  test.each([0, 1])('cut off anywhere (sample %i)', async sample => {
    const bytes = samples[sample] ?? new Uint8Array(0)
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: bytes.length - 1 }), async length => {
        await expectOrderly(bytes.subarray(0, length))
      }),
      { ...fuzz, numRuns: 150 },
    )
  })

  test.each([0, 1])('with bits flipped (sample %i)', async sample => {
    const bytes = samples[sample] ?? new Uint8Array(0)
    const place = fc.tuple(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 0, max: 7 }))
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(place, { minLength: 1, maxLength: 4 }), async flips => {
        const damaged = bytes.slice()
        for (const [at, bit] of flips) damaged[at] = (damaged[at] ?? 0) ^ (1 << bit)
        seen.add(await expectOrderly(damaged))
      }),
      { ...fuzz, numRuns: 150 },
    )
    expect(seen.size).toBe(2)
  })

  test('small models with bytes replaced, taken out and put in', async () => {
    const small = await graphToBytes(
      parseGraph(
        modelOf({
          irVersion: 9n,
          opsetImport: [{ version: 20n }],
          graph: {
            name: 'g',
            node: [
              {
                opType: 'If',
                input: ['c'],
                output: ['y'],
                attribute: [{ name: 'then_branch', type: 5, g: { output: [{ name: 'o' }] } }],
              },
            ],
            initializer: [
              { name: 'w', dims: [2n, 2n], dataType: 1, rawData: new Uint8Array(16) },
              { name: 'i', dims: [3n], dataType: 7, int64Data: [1n, -1n, 300n] },
            ],
            input: [
              { name: 'c', type: { value: { case: 'tensorType', value: { elemType: 9, shape: {} } } } },
            ],
          },
        }),
      ),
    )
    const edit = fc.record({
      at: fc.integer({ min: 0, max: small.length - 1 }),
      remove: fc.integer({ min: 0, max: 3 }),
      insert: fc.uint8Array({ maxLength: 6 }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 3 }), async edits => {
        let bytes = small
        for (const { at, remove, insert } of edits)
          bytes = new Uint8Array(join(bytes.subarray(0, at), insert, bytes.subarray(at + remove)))
        await expectOrderly(bytes)
      }),
      { ...fuzz, numRuns: 3000 },
    )
  })

  test('random bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async bytes => {
        await expectOrderly(bytes)
      }),
      { ...fuzz, numRuns: 2000 },
    )
  })
})

describe('hostile files are refused', () => {
  const refusal = (bytes: Uint8Array): unknown => {
    try {
      return parseGraph(bytes, 'm.onnx')
    } catch (error) {
      return error
    }
  }

  test('an empty file, and one of another kind', () => {
    expect(refusal(new Uint8Array(0))).toMatchObject({
      code: 'invalid-model',
      message: expect.stringContaining('a model with a graph'),
    })
    const html = new TextEncoder().encode('<!DOCTYPE html><html><head><title>404</title></head></html>')
    expect(refusal(html)).toMatchObject({
      code: 'invalid-model',
      message: expect.stringContaining('m.onnx at byte'),
    })
  })

  test('a length beyond the file, with place and numbers', () => {
    const bytes = join(varint(7 * 8 + 2), varint(2 ** 40))
    expect(refusal(bytes)).toMatchObject({
      code: 'invalid-model',
      details: { file: 'm.onnx', offset: 1 },
      message: expect.stringMatching(
        /at most 0 bytes in field 7 of ModelProto, got a length of 1099511627776/,
      ),
    })
  })

  test('a name of a hundred megabytes', () => {
    expect(refusal(field(2, new Uint8Array(100_000_000)))).toMatchObject({
      code: 'invalid-model',
      message: expect.stringContaining('a text of at most 67108864 bytes in field 2 of ModelProto'),
    })
  })

  test('an inner length beyond its message', () => {
    const tensor = join(varint(9 * 8 + 2), varint(2 ** 31))
    expect(refusal(field(7, field(5, tensor)))).toMatchObject({
      message: expect.stringContaining('in field 9 of TensorProto'),
    })
  })

  test('bodies inside bodies without end', () => {
    let graph: Uint8Array = new Uint8Array(0)
    for (let depth = 0; depth < 100_000; depth++)
      graph = depth < 300 ? field(1, field(5, field(6, graph))) : graph
    expect(refusal(field(7, graph))).toMatchObject({
      code: 'invalid-model',
      message: expect.stringContaining('200 messages inside each other'),
    })
  })

  test.each([
    ['dims whose product overflows', { dims: [2n ** 31n, 2n ** 31n], dataType: 1 }],
    ['a negative dim', { dims: [-1n], dataType: 1 }],
    ['overflow hidden behind a zero', { dims: [2n ** 62n, 2n ** 62n, 0n], dataType: 1 }],
  ])('%s', (_, tensor) => {
    expect(refusal(modelOf({ graph: { initializer: [{ name: 'w', ...tensor }] } }))).toMatchObject({
      code: 'invalid-model',
      message: expect.stringContaining('dims of tensor "w"'),
    })
  })

  test('a shape of terabytes over a few bytes', () => {
    const tensor = { name: 'w', dims: [2n ** 42n], dataType: 1 }
    for (const content of [{ rawData: new Uint8Array(4) }, { floatData: [1] }, {}])
      expect(refusal(modelOf({ graph: { initializer: [{ ...tensor, ...content }] } }))).toMatchObject({
        code: 'invalid-model',
      })
    const bytes = modelOf({
      graph: {
        initializer: [{ ...tensor, dataType: 6, int32Data: Array.from({ length: 70_000 }, () => 1) }],
      },
    })
    expect(refusal(bytes)).toMatchObject({
      code: 'invalid-model',
      message: expect.stringContaining('bytes of varints'),
    })
  })

  test('a packed list that ends inside an element', () => {
    const cut = [
      field(1, Uint8Array.from([0x80])),
      field(4, new Uint8Array(6)),
      field(7, Uint8Array.from([1, 0xff])),
    ]
    for (const tensor of cut)
      expect(refusal(field(7, field(5, tensor)))).toMatchObject({ code: 'invalid-model' })
  })

  test('a field of another wire type than its own', () => {
    expect(refusal(join(varint(7 * 8), varint(3)))).toMatchObject({
      message: expect.stringContaining('wire type 2 in field 7 of ModelProto, got wire type 0'),
    })
  })

  test('the field that marks payloads', () => {
    expect(refusal(field(7, field(5, field(19942, Uint8Array.from([0])))))).toMatchObject({
      message: expect.stringContaining('field 19942'),
    })
  })

  test('elements in two places', () => {
    const tensor = { name: 'w', dims: [70_000n], dataType: 2, rawData: new Uint8Array(70_000) }
    expect(
      parseGraph(modelOf({ graph: { initializer: [tensor] } })).initializers.get('w')?.tensor.byteLength,
    ).toBe(70_000)
    expect(refusal(modelOf({ graph: { initializer: [{ ...tensor, int32Data: [1] }] } }))).toMatchObject({
      message: expect.stringContaining('several or foreign fields'),
    })
    const twice = join(
      field(1, varint(70_000)),
      join(varint(2 * 8), varint(2)),
      field(9, new Uint8Array(70_000)),
      field(9, new Uint8Array(70_000)),
    )
    expect(refusal(field(7, field(5, twice)))).toMatchObject({ code: 'invalid-model' })
  })

  test('millions of empty messages', () => {
    // Two bytes each in the file, over a hundred each in memory.
    const bytes = new Uint8Array(10_000_000)
    for (let at = 0; at < bytes.length; at += 2) bytes[at] = 1 * 8 + 2
    expect(refusal(field(7, bytes))).toMatchObject({
      message: expect.stringContaining('millions of empty fields'),
    })
  })
})
