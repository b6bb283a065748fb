// Filters that a model takes a logarithm of: the constant-Q, Fourier and mel banks of models that hear. A logarithm makes as much of
// a quiet band as of a loud one, while the codes of a block are as fine as its largest number needs: what they lose of the loud ones
// drowns the quiet ones. basic_pitch at 8 bits has 24.3 dB with its two banks in codes and 50.0 without, for 37 % of the file.
// Known by what is done with them: from their outputs to the logarithm there is nothing but magnitudes, sums and floors.
import type { Weight } from '@damson/graph'
import { moving, onlyReaches } from './only-reaches.ts'

const filtering: ReadonlySet<string> = new Set(['Conv', 'MatMul', 'Gemm'])

const measuring: ReadonlySet<string> = new Set([
  ...moving,
  'Mul', 'Pow', 'Sqrt', 'Abs', 'ReduceSum', 'ReduceSumSquare', 'ReduceL2', 'ReduceMean', 'Add', 'Sum', 'Div', 'Max', 'Clip',
]) // prettier-ignore

/** Whether all that reads a weight filters with it, for a logarithm. */
export function isFilterBank({ uses }: Weight): boolean {
  return (
    uses.length > 0 &&
    uses.every(
      ({ node, scope }) =>
        node.domain === '' &&
        filtering.has(node.op) &&
        onlyReaches(node.outputs[0] ?? '', scope, 'Log', measuring),
    )
  )
}
