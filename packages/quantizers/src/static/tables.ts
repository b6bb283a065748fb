// Tables that rows are looked up in: codes are looked up, and only the rows found are decoded.
import {
  type Draft,
  intOf,
  tensorOf,
  weights,
  type Graph,
  type Node,
  type Tensor,
  type Weight,
} from '@damson/graph'

/** A table [rows, columns] with a scale for each column. */
export interface CodedTable {
  readonly table: Weight
  readonly codes: Tensor
  /** [columns] */
  readonly scales: Float32Array
}

/** Less than this is not worth two nodes. */
const fewest = 1024

/** The tables of a graph; `claimed` says which nodes may be touched. */
export function tablesOf(graph: Graph, claimed: (node: Node) => boolean = () => true): readonly Weight[] {
  return weights(graph).filter(
    ({ tensor: { dtype, shape, byteLength }, uses, scope, isOutput }) =>
      dtype === 'float32' && shape.length === 2 && byteLength >= 4 * fewest && !isOutput && scope.path === '' && uses.length > 0 &&
      uses.every(({ node, input, scope: at }) => isLookUp(node, input) && at.path === '' && claimed(node)),
  ) // prettier-ignore
}

function isLookUp(node: Node, input: number): boolean {
  return node.op === 'Gather' && node.domain === '' && input === 0 && intOf(node, 'axis', 0) === 0
}

/** Gather(table) becomes DequantizeLinear(Gather(codes)) by column. */
export function placeTable(draft: Draft, { table, codes, scales }: CodedTable): void {
  const { name, origins } = table
  const coded = draft.addInitializer(`${name}_quantized`, codes, { origins })
  const scale = tensorOf('float32', [scales.length], [...scales])
  const zero = tensorOf(
    'int8',
    [scales.length],
    Array.from(scales, () => 0),
  )
  const own = [
    draft.addInitializer(`${name}_scale`, scale, { origins }),
    draft.addInitializer(`${name}_zero_point`, zero, { origins }),
  ]
  for (const { node } of table.uses) {
    const [output = ''] = node.outputs
    const found = draft.fresh(`${output}_quantized`)
    draft.replace(node, { inputs: [coded, ...node.inputs.slice(1)], outputs: [found] })
    const attributes = new Map([['axis', { type: 'int', value: -1n } as const]])
    draft.add({ op: 'DequantizeLinear', inputs: [found, ...own], outputs: [output], attributes })
  }
  draft.removeInitializer(name)
}
