import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { awq, hqq, weightOnly } from '../test/fake-algorithms.ts'
import {
  bits, DamsonError, defineAlgorithm, flag, formatRecipeStep, formatStep, int, list, makeStep, pair, parseStep,
  quantity, real, record, text, type Step,
} from './index.ts' // prettier-ignore

const base = { version: 1, summary: 'A test.', contract: {}, groups: () => [] } as const
const many = defineAlgorithm({
  ...base,
  id: '@test/many',
  params: {
    count: int({ min: -5, max: 1000, default: 2, doc: '', or: ['auto'] }),
    rate: real({ min: -Infinity, max: Infinity, default: 0.5, doc: '' }),
    on: flag({ default: false, doc: '' }),
    name: text({ default: 'a', doc: '' }),
    ops: list({ of: { kind: 'text' }, default: ['MatMul'], doc: '' }),
    window: pair({ of: { kind: 'real', min: 0, max: 1000 }, default: [1, 2], doc: '' }),
    overrides: record({ of: { kind: 'int', min: 0, max: 9 }, default: {}, doc: '' }),
    budget: quantity({ units: ['bits', 'bytes', 'ratio'], default: bits(4.5), doc: '' }),
  },
})
const other = defineAlgorithm({ ...base, id: '@other/quantizers/hqq', params: {} })
const algorithms = [hqq, weightOnly, awq, many]

const same = (a: Step, b: Step): void => expect(formatRecipeStep(a)).toEqual(formatRecipeStep(b))
const code = (written: string): string => {
  try {
    parseStep(written, [...algorithms, other])
  } catch (error) {
    if (DamsonError.isInstance(error)) return error.code
    throw error
  }
  return 'no error'
}

describe('reading', () => {
  test.each([
    ['weight-only', weightOnly()],
    ['hqq:bits=8,blockSize=32@unet', hqq({ bits: 8, blockSize: 32 }, { parts: ['unet'] })],
    ['@test/quantizers/hqq:bits=8@unet', hqq({ bits: 8 }, { parts: ['unet'] })],
    ['@test/quantizers/hqq', hqq()],
    ['quantizers/weight-only@rest', weightOnly({}, 'rest')],
    ['hqq@#/down_blocks.0/*', hqq({}, { include: ['/down_blocks.0/*'] })],
    [
      'hqq@unet+vae#op:MatMul+!*to_k*',
      hqq({}, { parts: ['unet', 'vae'], include: ['op:MatMul'], exclude: ['*to_k*'] }),
    ],
    ['hqq@unet#!a#b', hqq({}, { parts: ['unet'], exclude: ['a#b'] })],
    [
      'many:ops=a+b,window=100+800,budget=40MB,count=auto,on=true',
      many({
        ops: ['a', 'b'],
        window: [100, 800],
        budget: { value: 40e6, unit: 'bytes' },
        count: 'auto',
        on: true,
      }),
    ],
    ['many:overrides=/a/MatMul:4+b:8', many({ overrides: { '/a/MatMul': 4, b: 8 } })],
    ['many:name=x=y:z', many({ name: 'x=y:z' })],
    ['{"use":"hqq","params":{"bits":2},"on":{"parts":["a@b"]}}', hqq({ bits: 2 }, { parts: ['a@b'] })],
  ])('%s', (written, step) => same(parseStep(written, algorithms), step))
  test.each([
    ['', 'invalid-step'], [':bits=4', 'invalid-step'], ['hqq:', 'ambiguous-algorithm'], ['awq:', 'invalid-step'],
    ['weight-only:bits', 'invalid-step'], ['weight-only:=4', 'invalid-step'], ['weight-only:bits=4,bits=8', 'invalid-step'],
    ['weight-only:bits=5', 'invalid-param'], ['weight-only:bit=4', 'invalid-param'], ['many:count=', 'invalid-param'],
    ['many:toString=1', 'invalid-param'], ['many:__proto__=1', 'invalid-param'], ['many:window=1', 'invalid-param'], ['many:overrides=a', 'invalid-param'],
    ['weight-only@', 'invalid-step'], ['weight-only@#', 'invalid-step'], ['weight-only@unet#', 'invalid-step'],
    ['weight-only@unet#!', 'invalid-step'], ['weight-only@a++b', 'invalid-step'], ['weightonly', 'unknown-algorithm'],
    ['hqq', 'ambiguous-algorithm'], ['{"use"', 'invalid-step'], ['{}', 'invalid-recipe'], ['{"use":"awq","with":1}', 'invalid-recipe'],
  ])('%s is refused: %s', (written, expected) => expect(code(written)).toBe(expected)) // prettier-ignore
  test('a name that is nearly right is answered with the right one', () => {
    expect(() => parseStep('weight-onyl', algorithms)).toThrow('Did you mean "weight-only"?')
    expect(() => parseStep('hqq', [hqq, other])).toThrow('@test/quantizers/hqq or @other/quantizers/hqq')
  })
})

describe('writing', () => {
  test.each([
    [hqq(), 'hqq'],
    [
      hqq({ bits: 8 }, { parts: ['unet'], include: ['/down*'], exclude: ['op:Gemm'] }),
      'hqq:bits=8@unet#/down*+!op:Gemm',
    ],
    [weightOnly({}, 'rest'), 'weight-only@rest'],
    [many({ budget: { value: 1.5e9, unit: 'bytes' }, rate: 1e21 }), 'many:rate=1e21,budget=1.5GB'],
  ])('%#', (step, written) => expect(formatStep(step, algorithms)).toBe(written))
  test.each([
    many({ name: 'a,b' }), many({ ops: ['a+b'] }), many({ ops: [''] }), many({ overrides: { 'a:b': 1 } }),
    hqq({}, { parts: ['rest'] }), hqq({}, { parts: ['a+b'] }), hqq({}, { include: ['!a'] }), hqq({}, { parts: ['a@b'] }),
    hqq({}, { parts: ['unet'], rest: true }),
  ])('what the short form cannot say is JSON: %#', step => {
    const written = formatStep(step, algorithms)
    expect(written[0]).toBe('{')
    same(parseStep(written, algorithms), step)
  }) // prettier-ignore
  test('an ambiguous tail is written longer', () => {
    expect(formatStep(hqq(), [hqq, other])).toBe('@test/quantizers/hqq')
  })
})

const word = fc.string({ minLength: 1, unit: fc.constantFrom(...'ab@#+!,:={}*/. 0é'.split('')) })
const names = fc.array(word, { minLength: 1, maxLength: 3 })
const place = fc.oneof(
  fc.constant(undefined),
  fc.constant('rest'),
  fc.record({ parts: names, include: names, exclude: names, rest: fc.constant(true) }, { requiredKeys: [] }),
)
const number = fc.double({ noNaN: true, noDefaultInfinity: true })
const params = fc.record(
  {
    count: fc.oneof(fc.integer({ min: -5, max: 1000 }), fc.constant('auto')),
    rate: number,
    on: fc.boolean(),
    name: fc.oneof(word, fc.string()),
    ops: fc.array(fc.oneof(word, fc.string()), { maxLength: 3 }),
    window: fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.double({ min: 0, max: 1000, noNaN: true })),
    overrides: fc.dictionary(word, fc.integer({ min: 0, max: 9 }), { maxKeys: 3 }),
    budget: fc.record({
      value: fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }),
      unit: fc.constantFrom('bits', 'bytes', 'ratio'),
    }),
  },
  { requiredKeys: [] },
)

describe('fuzzing', () => {
  test('every step reads back', () => {
    fc.assert(
      fc.property(params, place, (values, on) => {
        const step = makeStep(many.algorithm, values, on)
        same(parseStep(formatStep(step, algorithms), algorithms), step)
      }),
      { numRuns: 2000 },
    )
  })
  test('any text is a step or a DamsonError', () => {
    const near = fc
      .tuple(fc.constantFrom('hqq', 'many', '@test/many', ''), word, word)
      .map(parts => parts.join(''))
    fc.assert(
      fc.property(fc.oneof(fc.string(), near), written => {
        try {
          same(
            parseStep(formatStep(parseStep(written, algorithms), algorithms), algorithms),
            parseStep(written, algorithms),
          )
        } catch (error) {
          expect(DamsonError.isInstance(error)).toBe(true)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
