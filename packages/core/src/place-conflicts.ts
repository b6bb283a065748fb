// What is wrong with a place, in words: parts that do not exist or refuse, globs that match nothing, merged nodes and
// shared weights that it would cut through.
import { nodeIdentity } from '@damson/graph'
import type { Step } from './algorithm.ts'
import { nearest } from './near.ts'
import { wantsRest } from './place.ts'
import type { Asked, Ground } from './plan-claims.ts'
import type { Conflict } from './plan-types.ts'
import { wholePart, type SiteIndex, type SiteKey } from './site-index.ts'

function some(index: SiteIndex, keys: Iterable<SiteKey>): readonly string[] {
  return [...new Set([...keys].map(key => index.label(key)))].slice(0, 5)
}

/** A part that the model does not have. */
export function unknownPart({ model }: Ground, id: string, part: string): Conflict {
  const parts = [...model.parts.keys()]
  const near = nearest(part, parts)
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`
  return {
    code: 'unknown-part', steps: [id], part, nodes: [],
    message: `${id} is placed on "${part}", but the model has the parts ${parts.join(', ')}.${hint}`,
  } // prettier-ignore
}

/** A part that is named and refuses, or where nothing is selected. */
export function refusedPart(id: string, { part, refusal, claim, partial }: Asked): readonly Conflict[] {
  if (claim || partial.length > 0) return []
  const at = refusal?.at === undefined ? '' : ` (at ${refusal.at})`
  const why = refusal ? `${refusal.refused}${at}` : 'nothing there is selected'
  const nodes = refusal?.at === undefined ? [] : [refusal.at]
  return [
    {
      code: 'refused',
      steps: [id],
      part,
      nodes,
      message: `${id} is placed on "${part}", which refuses: ${why}.`,
    },
  ]
}

/** Nowhere to work: what every part says. */
export function noSite(step: Step, id: string, asked: readonly Asked[]): Conflict {
  const reasons = asked.map(({ part, refusal }) => {
    const at = refusal?.at === undefined ? '' : ` (at ${refusal.at})`
    if (refusal) return `${part}: ${refusal.refused}${at}`
    return `${part}: ${wantsRest(step) ? 'nothing is left by the other steps' : 'nothing is selected'}`
  })
  return {
    code: 'no-site',
    steps: [id],
    nodes: [],
    message: `${id} finds nowhere to work. ${reasons.join('; ')}.`,
  }
}

/** A glob that matches no name at all. */
export function noMatch(ground: Ground, id: string, parts: readonly string[], pattern: string): Conflict {
  const names = parts.flatMap(part => ground.index(part).nodes.map(({ node }) => nodeIdentity(node)))
  const near = pattern.includes('*') ? undefined : nearest(pattern, names)
  const hint =
    near === undefined
      ? ` Names there look like ${names.slice(0, 3).join(', ')}.`
      : ` Did you mean "${near}"?`
  const message = `${id}: no node, weight or module in ${parts.join(', ')} matches "${pattern}".${hint}`
  return { code: 'no-match', steps: [id], nodes: [], message }
}

/** Sites that the place would take only partly. */
export function partialMatch(ground: Ground, id: string, { part, partial }: Asked): Conflict {
  const index = ground.index(part)
  const names = partial.map(key => {
    const site = index.siteOf(key)
    return key === wholePart
      ? `the whole of "${part}"`
      : 'weight' in site
        ? site.weight.name
        : index.label(key)
  })
  const isWhole = partial[0] === wholePart
  const nodes = isWhole ? [] : some(index, partial)
  const advice = isWhole
    ? 'It works on whole parts: leave include and exclude out.'
    : 'Name them in include or in exclude.'
  return {
    code: 'partial-match', steps: [id], part, nodes,
    message: `${id} is placed so that ${names.slice(0, 5).join(', ')} would be taken only partly: merged from several nodes, or used outside the place too. ${advice}`,
  } // prettier-ignore
}
