// The ports of a gate as middleware drives them: found by role, whatever their names became.
import type { Port } from '@damson/core'
import { DamsonError } from '@damson/graph'

export interface GatePorts {
  /** Opens the gate; undefined where the graph decides. */
  readonly run: string | undefined
  /** Weights of earlier results, where more than one is combined. */
  readonly weights: string | undefined
  /** By cut: the inputs for earlier results, the last first, and the output that is kept. */
  readonly caches: readonly { readonly inputs: readonly string[]; readonly output: string }[]
}

/** The names of all gates among the ports of a step. */
export function gateNames(ports: readonly Port[]): readonly string[] {
  return [...new Set(ports.map(({ role }) => role.split(':')[0] ?? ''))]
}

/** The ports of one gate. Throws `missing-port` when the model lacks the caches of the gate. */
export function gatePorts(ports: readonly Port[], gate: string): GatePorts {
  const byRole = new Map(ports.map(port => [port.role, port.name]))
  const caches: { inputs: string[]; output: string }[] = []
  for (let cut = 0; byRole.has(`${gate}:cache:${cut}`); cut++) {
    const inputs: string[] = []
    for (let age = 0; byRole.has(`${gate}:cache:${cut}:${age}`); age++)
      inputs.push(byRole.get(`${gate}:cache:${cut}:${age}`) ?? '')
    caches.push({ inputs, output: byRole.get(`${gate}:cache:${cut}`) ?? '' })
  }
  if (caches.length === 0)
    throw new DamsonError(
      'missing-port',
      `Expected the ports of the gate "${gate}", but the model has none of them. It was changed after it was smashed: smash it again.`,
    )
  return { run: byRole.get(`${gate}:run`), weights: byRole.get(`${gate}:weights`), caches }
}
