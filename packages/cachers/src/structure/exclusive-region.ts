// The nodes that exist for some values alone: what need not run when those values come from elsewhere. Every cacher's region
// is one of these, whatever exporter made the graph and whatever fused it since.
import { upstream, type Body, type Node } from '@damson/graph'

/**
 * Nodes that `values` depend on and nothing else does: neither the outputs of the body by another way, nor `keep`. The
 * nodes are in order. A value that is among `keep` too is made outside.
 */
export function exclusiveRegion(
  body: Body,
  values: readonly string[],
  keep: readonly string[] = [],
): readonly Node[] {
  const outputs = body.outputs.map(({ name }) => name)
  const needed = new Set(upstream(body, [...outputs, ...keep].filter(name => !values.includes(name)), values)) // prettier-ignore
  return upstream(body, values).filter(node => !needed.has(node))
}
