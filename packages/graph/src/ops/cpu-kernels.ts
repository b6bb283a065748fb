// Which operators ONNX Runtime's CPU provider has a kernel for. A version bump alone can make a model unrunnable: an open
// kernel serves only the schema version it was written for (RandomNormal runs at opset 21 and not at 22).
import { cpuKernels, cpuKernelTypeSets } from './cpu-kernels.generated.ts'
import { schemaOf } from './schema.ts'
import { parseTypeSet } from './schema-table.ts'

/** A kernel: the schema versions it serves, and the types of the parameters that it constrains. */
export interface Kernel {
  readonly since: number
  /** Last version it serves; undefined: `since` alone. */
  readonly end?: number
  readonly types: ReadonlyMap<string, readonly string[]>
}

// A memo of a pure function of the generated text, not state.
const kernels = new Map<string, readonly Kernel[]>()

/**
 * The kernels of the CPU provider that serve the operator at an opset; several when they differ in types. None: it does
 * not run there, unless ONNX gives it a function body that ONNX Runtime inlines (HardSwish, Mish, GroupNormalization …).
 * Source: get_all_opkernel_def() of onnxruntime 1.31; matching rule and holes in tooling/schemas/README.md.
 */
export function cpuKernelsOf(domain: string, op: string, opset: number): readonly Kernel[] {
  const version = schemaOf(domain, op, opset)?.since
  if (version === undefined) return []
  return (
    all()
      .get(`${domain}::${op}`)
      ?.filter(
        ({ since, end }) => since === version || (end !== undefined && since < version && version <= end),
      ) ?? []
  )
}

function all(): ReadonlyMap<string, readonly Kernel[]> {
  if (kernels.size > 0) return kernels
  const typeSets = cpuKernelTypeSets.split('\n')
  for (const line of cpuKernels.split('\n')) {
    const space = line.indexOf(' ')
    const rows = line.slice(space + 1).split(';')
    kernels.set(
      line.slice(0, space),
      rows.map(row => parseKernel(row, typeSets)),
    )
  }
  return kernels
}

function parseKernel(text: string, typeSets: readonly string[]): Kernel {
  const [versions = '', constraints = ''] = text.split(' ')
  const [since = '', end = ''] = versions.split('-')
  const types = constraints === '' ? [] : constraints.split(',')
  return {
    since: Number(since),
    ...(end === '' ? {} : { end: Number(end) }),
    types: new Map(
      types.map(each => [each.split('=')[0] ?? '', parseTypeSet(typeSets[Number(each.split('=')[1])])]),
    ),
  }
}
