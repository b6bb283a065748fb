// Which values depend on which inputs. Step-constant subgraphs, cross-attention and residual streams are told apart by it.
import { downstream, readNames, type Body } from '@damson/graph'

/** What reads sizes only: the value behind it is the same whatever numbers come in. */
const readsSizes = new Set(['Shape', 'Size', 'ConstantOfShape'])

/** Every value whose numbers depend on one of the names, the names among them. Sizes alone do not count. */
export function dependents(body: Body, names: Iterable<string>): ReadonlySet<string> {
  const reached = new Set(names)
  for (const node of downstream(body, [...reached])) {
    if (readsSizes.has(node.op) || !readNames(node).some(name => reached.has(name))) continue
    for (const output of node.outputs) if (output !== '') reached.add(output)
  }
  return reached
}
