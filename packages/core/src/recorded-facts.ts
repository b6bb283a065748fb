// What earlier runs took or gave, as far as no probe can read it from the graph: a cacher that works by middleware leaves
// no trace in the file, yet a second one must not come on top of it.
import { nodeIdentity } from '@damson/graph'
import type { Site } from './algorithm.ts'
import type { Fact } from './facts.ts'
import type { AppliedStep, Model } from './model.ts'

/** The original names of a weight or node; its own where it has none (what damson made since). */
export function originsOf(site: Exclude<Site, { readonly part: unknown }>): readonly string[] {
  if ('weight' in site) return site.weight.origins.length > 0 ? site.weight.origins : [site.weight.id]
  return site.node.origins.length > 0 ? site.node.origins : [nodeIdentity(site.node)]
}

/** Names of a site as claims are saved: `part`, `weight:<origin>`, `node:<origin>`. */
export function claimNames(site: Site): readonly string[] {
  if ('part' in site) return ['part']
  const kind = 'weight' in site ? 'weight' : 'node'
  return originsOf(site).map(origin => `${kind}:${origin}`)
}

/** Whether an applied step claimed a site, wholly or in part. */
function isClaimed(names: readonly string[] | undefined, site: Site): boolean {
  if (names === undefined) return false
  return names.includes('part') || 'part' in site || claimNames(site).some(name => names.includes(name))
}

/** What the last applied step that spoke of the fact left at a site; undefined when none did. */
export function isRecordedAt(model: Model, fact: Fact, part: string, site: Site): boolean | undefined {
  const spoke = (record: AppliedStep['took']): boolean => record?.[part]?.includes(fact) === true
  for (const step of [...model.applied].reverse()) {
    if (!isClaimed(step.claims[part], site)) continue
    if (spoke(step.gave)) return true
    if (spoke(step.took)) return false
  }
  return undefined
}
