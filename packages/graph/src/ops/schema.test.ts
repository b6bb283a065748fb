import { expect, test } from 'vitest'
import { cpuKernelsOf } from './cpu-kernels.ts'
import { operatorsOf, schemaOf, versionsOf } from './schema.ts'

test('the schema in force is the newest version not above the opset', () => {
  expect(schemaOf('', 'Conv', 13)?.since).toBe(11)
  expect(schemaOf('', 'Conv', 22)?.since).toBe(22)
  expect(schemaOf('', 'Conv', 7)?.since).toBe(1)
  expect(schemaOf('', 'Gelu', 19)).toBeUndefined()
  expect(schemaOf('', 'Gelu', 20)?.since).toBe(20)
  expect(schemaOf('com.microsoft', 'Gelu', 1)?.maxInputs).toBe(1)
  expect(schemaOf('my.domain', 'Gelu', 1)).toBeUndefined()
  expect(versionsOf('', 'Split')).toEqual([2, 11, 13, 18])
})

test('inputs, outputs and their counts', () => {
  const conv = schemaOf('', 'Conv', 11)
  expect(conv?.inputs.map(({ name, type, option }) => [name, type, option])).toEqual([
    ['X', 'T', 'single'],
    ['W', 'T', 'single'],
    ['B', 'T', 'optional'],
  ])
  expect([conv?.minInputs, conv?.maxInputs, conv?.minOutputs, conv?.maxOutputs]).toEqual([2, 3, 1, 1])
  expect(conv?.types.get('T')).toEqual(['tensor(double)', 'tensor(float)', 'tensor(float16)'])
  const concat = schemaOf('', 'Concat', 13)
  expect([concat?.minInputs, concat?.maxInputs]).toEqual([1, Infinity])
  const loop = schemaOf('', 'Loop', 13)
  expect([loop?.minInputs, loop?.inputs[2]?.heterogeneous]).toEqual([2, true])
  expect(schemaOf('', 'Reshape', 13)?.inputs[1]?.type).toBe('tensor(int64)')
  expect(schemaOf('', 'SplitToSequence', 11)?.types.get('S')).toContain('seq(tensor(float))')
})

test('attributes with kind, default and whether they are required', () => {
  const conv = schemaOf('', 'Conv', 11)
  expect(conv?.attributes.get('group')).toEqual({
    name: 'group',
    type: 'int',
    required: false,
    default: { type: 'int', value: 1n },
  })
  expect(conv?.attributes.get('pads')).toEqual({ name: 'pads', type: 'ints', required: false })
  expect(schemaOf('', 'MaxPool', 12)?.attributes.get('kernel_shape')?.required).toBe(true)
  expect(schemaOf('', 'BatchNormalization', 15)?.attributes.get('epsilon')?.default).toEqual({
    type: 'float',
    value: Math.fround(1e-5),
  })
  expect(schemaOf('', 'RNN', 14)?.attributes.get('activations')?.default).toEqual({
    type: 'strings',
    value: ['Tanh', 'Tanh'],
  })
  expect(schemaOf('', 'If', 13)?.attributes.get('then_branch')?.type).toBe('graph')
})

test('what only ONNX Runtime knows and what is deprecated is marked', () => {
  expect(schemaOf('', 'SimplifiedLayerNormalization', 13)?.runtimeOnly).toBe(true)
  expect(schemaOf('', 'LayerNormalization', 16)?.runtimeOnly).toBe(true)
  expect(schemaOf('', 'LayerNormalization', 17)?.runtimeOnly).toBe(false)
  expect(schemaOf('', 'Upsample', 9)?.deprecated).toBe(false)
  expect(schemaOf('', 'Upsample', 10)?.deprecated).toBe(true)
})

test('every schema of every domain parses into known kinds and types', () => {
  for (const domain of ['', 'ai.onnx.ml', 'com.microsoft']) {
    for (const op of operatorsOf(domain)) {
      for (const version of versionsOf(domain, op)) {
        const schema = schemaOf(domain, op, version)
        const named = [...(schema?.inputs ?? []), ...(schema?.outputs ?? [])]
        for (const { name, type } of named) {
          expect(name, op).toMatch(/^\w+$/)
          expect(
            schema?.types.has(type) || /^(tensor|seq|optional|map)\(.*\)$/.test(type),
            `${op} ${type}`,
          ).toBe(true)
        }
        for (const set of schema?.types.values() ?? []) expect(set.length, op).toBeGreaterThan(0)
      }
    }
  }
  expect(operatorsOf('').length).toBeGreaterThan(200)
  expect(operatorsOf('com.microsoft').length).toBeGreaterThan(100)
})

test('kernels of the CPU provider, with the holes that an open kernel leaves', () => {
  expect(cpuKernelsOf('', 'RandomNormal', 21)).toHaveLength(1)
  expect(cpuKernelsOf('', 'RandomNormal', 22)).toEqual([])
  expect(cpuKernelsOf('com.microsoft', 'MatMulNBits', 1).length).toBeGreaterThan(0)
  expect(
    cpuKernelsOf('', 'MatMul', 13).some(kernel => kernel.types.get('T')?.includes('tensor(float)')),
  ).toBe(true)
  expect(cpuKernelsOf('', 'NoSuchOperator', 13)).toEqual([])
})
