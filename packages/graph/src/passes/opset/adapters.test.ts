// The tables against the schemas: no step between opsets 7 and 24 that changed a signature is forgotten, and none is
// listed that did not.
import { describe, expect, test } from 'vitest'
import { operatorsOf, schemaOf, versionsOf } from '../../ops/schema.ts'
import { adapters, harmless } from './adapters.ts'
import { signatureChanges } from './step.ts'

/** Every step of every operator from opset 7 on: the version before and the one that it leads to. */
const steps = operatorsOf('').flatMap(op =>
  versionsOf('', op).flatMap((version, at, all) => {
    const before = all[at - 1]
    const inRange = before !== undefined && version > 7 && version <= 24
    return inRange && !schemaOf('', op, before)?.runtimeOnly ? [{ op, before, version }] : []
  }),
)

const listed = (op: string, version: number): boolean =>
  adapters[op]?.[version] !== undefined || (harmless[op]?.includes(version) ?? false)

describe('the tables of steps', () => {
  test('name every step whose signature changed', () => {
    const missing = steps.filter(
      ({ op, before, version }) => signatureChanges(op, before, version) && !listed(op, version),
    )
    expect(missing).toEqual([])
  })

  test('name no step twice, and none that does not exist', () => {
    const known = new Set(steps.map(({ op, version }) => `${op}-${version}`))
    const all = [
      ...Object.entries(adapters).flatMap(([op, versions]) =>
        Object.keys(versions).map(version => `${op}-${version}`),
      ),
      ...Object.entries(harmless).flatMap(([op, versions]) => versions.map(version => `${op}-${version}`)),
    ]
    expect(all.filter(step => !known.has(step))).toEqual([])
    expect(new Set(all).size).toBe(all.length)
  })

  test('call harmless only what changed its signature', () => {
    const idle = Object.entries(harmless).flatMap(([op, versions]) =>
      versions
        .filter(version => {
          const step = steps.find(each => each.op === op && each.version === version)
          return !step || !signatureChanges(op, step.before, version)
        })
        .map(version => `${op}-${version}`),
    )
    expect(idle).toEqual([])
  })

  test('a change of signature is seen, a widening of types is none', () => {
    expect(signatureChanges('Squeeze', 11, 13)).toBe(true)
    expect(signatureChanges('Softmax', 11, 13)).toBe(true)
    expect(signatureChanges('Relu', 13, 14)).toBe(false)
  })
})
