// The row that a model adds behind a product. ONNX Runtime makes one kernel of a product in integers and such a sum; a fused
// product has to take it in itself.
import type { Site } from '@damson/core'
import { Value, type Visit } from '@damson/graph'
import type { Int8Weight } from './int8-weights.ts'

/** The weight with the sums behind its products that the step may take in, claimed like the products. */
export function withSums(found: Int8Weight, selects: (site: Site) => boolean): Int8Weight {
  const { weight, use, coded } = found
  if (weight.tensor.dtype !== 'float32' || weight.tensor.shape.length !== 2 || !('view' in use)) return found
  const products = [...coded.values()].flatMap(each => (each.form === 'product' ? each.readers : []))
  const sums = products.flatMap(product => {
    const sum = sumBehind(product, use.view.N)
    return sum && selects({ node: sum.node, path: sum.scope.path }) ? [[product.node, sum] as const] : []
  })
  if (sums.length === 0) return found
  return { ...found, sums: new Map(sums), readers: [...found.readers, ...sums.map(([, sum]) => sum)] }
}

/** The Add of a constant [N] that alone reads a product [..., N]. */
function sumBehind({ node, scope }: Visit, columns: number): Visit | undefined {
  const product = new Value(node.outputs[0] ?? '', scope)
  const [user, ...others] = product.users
  if (!user || others.length > 0 || product.isOutput || (node.inputs[2] ?? '') !== '') return undefined
  if (user.node.op !== 'Add' || user.node.domain !== '' || user.input === undefined) return undefined
  const row = new Value(user.node.inputs[1 - user.input] ?? '', scope).tensor
  return row?.shape.length === 1 && row.shape[0] === columns ? { node: user.node, scope } : undefined
}
