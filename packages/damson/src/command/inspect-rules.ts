// Why a fusion does not fire on a model: how often each one did, and where each of its rules came nearest.
import { fusionNames, fusionReport, type FusionReport } from '@damson/compilers'
import type { Model } from '@damson/core'
import { DamsonError } from '@damson/graph'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'
import { plural } from './units.ts'

/** The fusions of one part. */
export interface RulesInspection {
  readonly part: string
  readonly fusions: readonly FusionReport[]
}

/** Looks at what `fuse` finds, by kinds and names with commas between them, or `all`. Throws `unknown-rule`. */
export function inspectRules(model: Model, names: string, target: string): readonly RulesInspection[] {
  const rules = names === 'all' ? names : names.split(',').map(name => name.trim())
  const unknown = rules === 'all' ? undefined : rules.find(name => !fusionNames.includes(name))
  if (unknown !== undefined) {
    throw new DamsonError(
      'unknown-rule',
      `Expected kinds or names of fusions, or all, got "${unknown}". There are ${fusionNames.join(', ')}.`,
    )
  }
  const direction = rules !== 'all' && rules.every(name => name.startsWith('unfuse-')) ? 'unfuse' : 'fuse'
  return [...model.parts].map(([part, { graph }]) => ({
    part,
    fusions: fusionReport(graph, { target, rules, absorb: false, direction }),
  }))
}

/** Looks and prints, as a table or as JSON. */
export function printRules(
  model: Model,
  names: string,
  { target, json }: { readonly target: string; readonly json?: boolean },
  terminal: Terminal,
): void {
  const found = inspectRules(model, names, target)
  if (json === true) terminal.out(JSON.stringify(found, undefined, 2))
  else showRules(found, target, terminal)
}

/** A row a fusion, then where it came near without firing. */
function showRules(inspections: readonly RulesInspection[], target: string, terminal: Terminal): void {
  const { out, colors } = terminal
  for (const { part, fusions } of inspections) {
    const total = fusions.reduce((sum, { count }) => sum + count, 0)
    const work = fusions.every(({ fusion }) => fusion.startsWith('unfuse-')) ? 'take apart' : 'fuse'
    out(`${colors.bold(part)}  ${total === 0 ? 'nothing' : plural(total, 'place')} to ${work} for ${target}`)
    const rows = fusions.map(({ fusion, kind, count, skipped, nearest }) => {
      const silent = count === 0 && nearest.length === 0 ? 'nothing comes near' : ''
      return [fusion, kind, String(count), skipped ?? silent]
    })
    out(table(['fusion', 'kind', 'count', ''], rows, colors))
    const misses = fusions.flatMap(({ nearest }) =>
      nearest.map(({ rule, node, reason, at }) => [
        rule,
        node,
        at === '' || at === node ? reason : `${at}: ${reason}`,
      ]),
    )
    if (misses.length > 0)
      out(`\nNearest to what is left:\n${table(['rule', 'at', 'what stood in the way'], misses, colors)}`)
  }
}
