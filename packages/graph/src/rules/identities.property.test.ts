// Random chains of operators that do nothing, some steps also graph outputs: the rules leave fewer nodes, all outputs
// with their names, and the same numbers bit for bit.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expectSameOutputs } from '../../test/same-outputs.ts'
import { inferTypes } from '../infer/infer.ts'
import { parse } from '../text/parse.ts'
import { simplification } from './lists.ts'
import { rewrite } from './rewrite.ts'

const steps: readonly ((from: string) => string)[] = [
  from => `Identity(${from})`,
  from => `Sub(${from}, zero)`,
  from => `Mul(one, ${from})`,
  from => `Div(${from}, ones)`,
  from => `Transpose<perm = [1, 2, 0]>(${from})`,
  from => `Transpose(${from})`,
  from => `Reshape(${from}, cube)`,
  from => `Cast<to = 1>(${from})`,
  from => `Cast<to = 11>(${from})`,
  from => `Concat<axis = 0>(${from})`,
  from => `Dropout(${from})`,
  from => `Neg(${from})`,
]

const chain = fc.array(
  fc.record({ step: fc.nat(steps.length - 1), back: fc.nat(2), output: fc.boolean() }),
  { minLength: 1, maxLength: 12 },
) // prettier-ignore

test('chains of identities', async () => {
  await fc.assert(
    fc.asyncProperty(chain, async links => {
      // A step that casts to double is followed by one back, so that the constants fit.
      const lines = links.flatMap(({ step, back }, at) => {
        const line = steps[step]?.(at - back <= 0 ? 'x' : `v${at - back - 1}`) ?? ''
        return line.includes('11')
          ? [`d${at} = ${line}`, `v${at} = Cast<to = 1>(d${at})`]
          : [`v${at} = ${line}`]
      })
      const outputs = links.flatMap(({ output }, at) => (output || at === links.length - 1 ? [`v${at}`] : []))
      const graph =
        parse(`<ir_version: 8, opset_import: ["": 13]> a (float[2,2,2] x) => (${outputs.map(name => `float[2,2,2] ${name}`).join(', ')})
        <float zero = {0}, float one = {1}, float[1,2] ones = {1, 1}, int64[3] cube = {2, -1, 2}> { ${lines.join(' ')} }`)
      const { graph: next } = rewrite(inferTypes(graph), simplification)
      expect(next.outputs.map(({ name }) => name)).toEqual(outputs)
      expect(next.nodes.length).toBeLessThanOrEqual(graph.nodes.length)
      await expectSameOutputs(graph, next, { atol: 0, rtol: 0 })
    }),
    { numRuns: 40, seed: 7 },
  )
})
