// Operator sets of what is put together: a node may move to another version when its operator did not change in between.
import { DamsonError } from '../error.ts'
import type { Node } from '../ir.ts'
import { schemaOf } from '../ops/schema.ts'
import { nodeIdentity } from '../scope.ts'

type Opsets = ReadonlyMap<string, number>

/** The operator sets of the host with those that the guest's nodes need. Throws `opset-mismatch` naming a node that would change its meaning. */
export function mergeOpsets(host: Opsets, guest: Opsets, nodes: Iterable<Node>, guestName: string): Opsets {
  const merged = new Map(host)
  for (const node of nodes) {
    const { domain, op } = node
    const [there, here] = [guest.get(domain), merged.get(domain)]
    if (there === undefined || there === here) continue
    if (here === undefined) merged.set(domain, there)
    else if (!sameOperator(domain, op, there, here)) {
      throw new DamsonError(
        'opset-mismatch',
        `Expected ${guestName} to be of the same opset, but ${nodeIdentity(node)} (${op}) is of version ${there} there, and the graph of version ${here}, which defines it differently. Upgrade one of them first.`,
      )
    }
  }
  return merged
}

function sameOperator(domain: string, op: string, one: number, other: number): boolean {
  const since = schemaOf(domain, op, one)?.since
  return since !== undefined && since === schemaOf(domain, op, other)?.since
}
