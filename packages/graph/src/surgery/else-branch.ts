// The branch of a gate that is taken when the region does not run: it hands on a value for each output.
import { dataTypes, elementCount, type DataType } from '../dtype.ts'
import { Draft } from '../draft.ts'
import { DamsonError } from '../error.ts'
import { Body, type ValueInfo, type ValueType } from '../ir.ts'
import { resolve, type Scope } from '../scope.ts'
import { memoryTensor, tensorOf } from '../tensors/memory-tensor.ts'
import { valueError } from './region.ts'

/**
 * What an output of a gated region is when the region does not run: a value that is there, a new graph input of the same
 * type (last step's result, say), zeros of its shape, or what `build` makes in the branch: it adds nodes to the draft of the
 * branch, which may read any value around it, under names from `fresh`, and returns the name of one of their outputs.
 */
export type Otherwise =
  | { readonly value: string }
  | { readonly input: string }
  | 'zeros'
  | { readonly build: (branch: Draft, fresh: (hint: string) => string) => string }

interface Wanted {
  readonly info: ValueInfo
  readonly replacement: Otherwise
}

/** One node an output: an Identity, since ONNX Runtime refuses outer values as outputs, or the zeros. */
export function elseBranch(
  draft: Draft,
  scope: Scope,
  wanted: readonly Wanted[],
  input: (name: string, type: ValueType | undefined) => string,
): Body {
  const start = { name: draft.fresh('skip'), inputs: [], outputs: [], initializers: new Map(), nodes: [] }
  const branch = new Draft(new Body(start))
  const outputs = wanted.map(({ info, replacement }): ValueInfo => {
    if (typeof replacement === 'object' && 'build' in replacement) {
      return { ...info, name: replacement.build(branch, hint => draft.fresh(hint)) }
    }
    const name = draft.fresh(`${info.name}_else`)
    const node = draft.fresh('skip')
    if (replacement === 'zeros') {
      const shape = branch.addInitializer(draft.fresh(`${info.name}_shape`), shapeTensor(info))
      const value = { type: 'tensor', value: zeroOf(info) } as const
      branch.add({
        op: 'ConstantOfShape',
        name: node,
        inputs: [shape],
        outputs: [name],
        attributes: new Map([['value', value]]),
      })
    } else {
      const from = 'value' in replacement ? replacement.value : input(replacement.input, info.type)
      if ('value' in replacement && !resolve(scope, from))
        throw valueError(from, `to stand for "${info.name}"`)
      branch.add({ op: 'Identity', name: node, inputs: [from], outputs: [name] })
    }
    return { ...info, name }
  })
  branch.setOutputs(outputs)
  return branch.finish()
}

function shapeTensor({ name, type }: ValueInfo): ReturnType<typeof tensorOf> {
  const shape = type?.kind === 'tensor' ? type.shape : undefined
  const dims = shape?.filter(dim => typeof dim === 'number')
  if (!dims || dims.length !== shape?.length) {
    throw new DamsonError(
      'unknown-shape',
      `Expected a known shape for zeros in place of "${name}", but it is ${shape ? `[${shape.join(', ')}]` : 'not known'}. Infer shapes first, or give a value or an input instead.`,
    )
  }
  return tensorOf('int64', [dims.length], dims)
}

function zeroOf({ name, type }: ValueInfo): ReturnType<typeof memoryTensor> {
  const dtype: DataType | undefined = type?.kind === 'tensor' ? type.dtype : undefined
  if (!dtype || dtype === 'string') {
    throw new DamsonError(
      'unknown-shape',
      `Expected a numeric type for zeros in place of "${name}", but it is ${dtype ?? 'not known'}.`,
    )
  }
  return memoryTensor(dtype, [1], new Uint8Array(Math.ceil((elementCount([1]) * dataTypes[dtype].bits) / 8)))
}
