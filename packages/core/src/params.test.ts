import { describe, expect, expectTypeOf, test } from 'vitest'
import { DamsonError } from '@damson/graph'
import { defineAlgorithm } from './define.ts'
import { checkValue, resolveParams } from './param-check.ts'
import { paramsSchema, searchSpace } from './param-schema.ts'
import { describeParam, formatValue, parseQuantity, parseValue } from './param-text.ts'
import { bits, flag, int, list, oneOf, pair, quantity, real, record, text, type Quantity, type Values } from './params.ts' // prettier-ignore

const params = {
  interval: int({ min: 1, max: 10, default: 2, doc: 'full every n-th call', or: ['auto'], live: true }),
  threshold: real({ min: 0, max: Infinity, default: 0.25, doc: 'distance that forces a full call' }),
  bits: oneOf({ options: [2, 4, 8], default: 4, doc: 'bits a weight' }),
  type: oneOf({ options: ['float16', 'bfloat16'], default: 'float16', doc: 'kind of half' }),
  symmetric: flag({ default: false, doc: 'no zero points' }),
  tag: text({ default: 'a', pattern: '[a-z]+', doc: 'a name' }),
  ops: list({ of: { kind: 'one-of', options: ['MatMul', 'Gemm'] }, default: ['MatMul'], doc: 'operators' }),
  window: pair({ of: { kind: 'real', min: 0, max: 1000 }, default: [100, 800], doc: 'timesteps' }),
  overrides: record({ of: { kind: 'int', min: 2, max: 8 }, default: {}, doc: 'bits by node' }),
  budget: quantity({ units: ['bits', 'bytes'], default: bits(4.5), doc: 'size' }),
}

describe('types', () => {
  test('values are inferred from the declaration', () => {
    expectTypeOf<Values<typeof params>['interval']>().toEqualTypeOf<number | 'auto'>()
    expectTypeOf<Values<typeof params>['bits']>().toEqualTypeOf<2 | 4 | 8>()
    expectTypeOf<Values<typeof params>['type']>().toEqualTypeOf<'float16' | 'bfloat16'>()
    expectTypeOf<Values<typeof params>['ops']>().toEqualTypeOf<readonly ('MatMul' | 'Gemm')[]>()
    expectTypeOf<Values<typeof params>['window']>().toEqualTypeOf<readonly [number, number]>()
    expectTypeOf<Values<typeof params>['overrides']>().toEqualTypeOf<Readonly<Record<string, number>>>()
    expectTypeOf<Values<typeof params>['budget']>().toEqualTypeOf<Quantity<'bits' | 'bytes'>>()
  })
  test('the state of fit reaches rewrite', () => {
    const learned = defineAlgorithm({
      id: '@test/learned',
      version: 1,
      summary: 'Learns.',
      contract: {},
      params,
      groups: () => [],
      fit: async ctx => ({ scale: ctx.params.threshold, of: ctx.params.bits }),
      rewrite(model, _ctx, state) {
        expectTypeOf(state).toEqualTypeOf<{ scale: number; of: 2 | 4 | 8 }>()
        return model
      },
    })
    expectTypeOf<NonNullable<Parameters<typeof learned>[0]>['symmetric']>().toEqualTypeOf<
      boolean | undefined
    >()
    expect(learned({ bits: 8 }).params['bits']).toBe(8)
  })
})

describe('validation', () => {
  const algorithm = { id: '@test/fake', params }
  test('fills defaults and freezes', () => {
    const values = resolveParams(algorithm, { bits: 8, interval: 'auto' })
    expect(values).toMatchObject({ bits: 8, interval: 'auto', budget: { value: 4.5, unit: 'bits' } })
    expect(Object.isFrozen(values)).toBe(true)
  })
  test.each([
    ['interval', 11], ['interval', 1.5], ['interval', 'never'], ['threshold', -1], ['threshold', NaN], ['bits', 3],
    ['bits', '4'], ['symmetric', 1], ['tag', 'A'], ['ops', ['Conv']], ['ops', 'MatMul'], ['window', [1]],
    ['window', [1, 2000]], ['overrides', { a: 9 }], ['overrides', []], ['budget', '30dB'], ['budget', { value: -1, unit: 'bits' }],
  ])('rejects %s = %j', (name, value) => {
    let caught: unknown
    try {
      resolveParams(algorithm, { [name]: value })
    } catch (error) {
      caught = error
    }
    expect(DamsonError.isInstance(caught, 'invalid-param')).toBe(true)
    expect(caught).toMatchObject({ details: { algorithm: '@test/fake', param: name } })
    expect(String(caught)).toMatch(/expects .+, got .+/)
  }) // prettier-ignore
  test('rejects a name it does not know, listing those it does', () => {
    expect(() => resolveParams(algorithm, { bit: 4 })).toThrow(
      /one of the parameters interval, .*budget, got "bit"/,
    )
  })
  test('a quantity may be text', () => {
    expect(resolveParams(algorithm, { budget: '40MB' })['budget']).toEqual({ value: 40e6, unit: 'bytes' })
  })
})

describe('text', () => {
  test.each([
    ['4.5bits', 4.5, 'bits'], ['40MB', 40e6, 'bytes'], ['1GiB', 2 ** 30, 'bytes'], ['30dB', 30, 'decibels'],
    ['-3dB', -3, 'decibels'], ['0.5', 0.5, 'ratio'], ['50%', 0.5, 'ratio'],
  ])('%s', (written, value, unit) => {
    expect(parseQuantity(written)).toEqual({ value, unit })
  }) // prettier-ignore
  test.each(['', 'bits', '4 bits', '4TB', '0x10', 'toString', '4constructor'])(
    '"%s" is no quantity',
    written => {
      expect(parseQuantity(written)).toBeUndefined()
    },
  )
  test.each([
    ['interval', 'auto'], ['interval', 7], ['threshold', 1e21], ['bits', 8], ['symmetric', true],
    ['ops', ['MatMul', 'Gemm']], ['ops', []], ['window', [0.5, 800]], ['overrides', { '/a/MatMul': 4, b: 8 }],
    ['budget', { value: 40e6, unit: 'bytes' }], ['budget', { value: 123, unit: 'bytes' }],
  ] as const)('%s = %j comes back', (name, value) => {
    const parsed = parseValue(params[name], formatValue(params[name], value))
    expect(checkValue(params[name], parsed)).toEqual({ value })
  }) // prettier-ignore
  test('domains read well', () => {
    expect(describeParam(params.interval)).toBe('int 1…10 or auto')
    expect(describeParam(params.threshold)).toBe('real from 0')
    expect(describeParam(params.budget)).toBe('bits or bytes (4.5bits, 40MB)')
  })
})

describe('data', () => {
  test('JSON Schema', () => {
    const schema = paramsSchema({ interval: params.interval, window: params.window })
    expect(schema).toEqual({
      type: 'object',
      additionalProperties: false,
      properties: {
        interval: {
          description: 'full every n-th call',
          default: 2,
          anyOf: [{ enum: ['auto'] }, { type: 'integer', minimum: 1, maximum: 10 }],
        },
        window: {
          description: 'timesteps',
          default: [100, 800],
          type: 'array',
          items: { type: 'number', minimum: 0, maximum: 1000 },
          minItems: 2,
          maxItems: 2,
        },
      },
    })
  })
  test('search space', () => {
    expect(searchSpace(params)).toContainEqual({
      name: 'interval',
      default: 2,
      or: ['auto'],
      kind: 'int',
      min: 1,
      max: 10,
    })
    expect(searchSpace(params)).toContainEqual({
      name: 'bits',
      default: 4,
      or: [],
      kind: 'choice',
      options: [2, 4, 8],
    })
    expect(searchSpace(params)).toContainEqual({ name: 'tag', default: 'a', or: [], kind: 'fixed' })
  })
})

describe('definitions', () => {
  const base = {
    id: '@test/fake',
    version: 1,
    summary: 'Does nothing.',
    contract: {},
    params: {},
    groups: () => [],
  }
  test.each([
    [{ id: 'has space' }, /expected an id/],
    [{ version: 0 }, /version of 1/],
    [{ params: { Bits: params.bits } }, /camelCase/],
    [{ params: { n: int({ min: 1, max: 2, default: 3, doc: '' }) } }, /default of "n" is not int 1…2/],
    [{ contract: { needs: ['x:test/mine' as const] } }, /needs an entry in "facts"/],
  ])('%j is refused', (wrong, message) => {
    expect(() => defineAlgorithm({ ...base, ...wrong })).toThrow(message)
  })
  test('places are checked and unknown keys refused', () => {
    const fake = defineAlgorithm(base)
    expect(fake({}, { parts: ['unet'] }).on).toEqual({ parts: ['unet'] })
    expect(fake({}, 'rest').on).toBe('rest')
    // @ts-expect-error a key that does not exist
    expect(() => fake({}, { part: ['unet'] })).toThrow(/invalid-place|the key "part"/)
    expect(() => fake({}, { parts: [] })).toThrow(/parts: \[\]/)
  })
})
