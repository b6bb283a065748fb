// What stays in fp32 and why, as data and as one warning a part.
import type { PartFindings } from './half-fit.ts'
import { nameOf, type Island } from './half-doctor.ts'
import type { HalfLayout } from './half-layout.ts'

/** What half precision means for one part. */
export interface HalfReport {
  /** What was looked at. */
  readonly guard: 'off' | 'weights' | 'calibrated'
  /** Values that halves cannot hold, each with the nodes that stay in fp32 for it. */
  readonly islands: readonly Island[]
  /** Weights that stay, with the reason. */
  readonly unfit: readonly { readonly weight: string; readonly why: string }[]
  /** Masks and limits beyond the range, and what they become. */
  readonly clamped: readonly { readonly weight: string; readonly from: number; readonly to: number }[]
  /** Nodes that compute on halves, and nodes that could but stay in fp32. */
  readonly halfNodes: number
  readonly floatNodes: number
  /** Activations whose range was measured, and those inside loops that cannot be. */
  readonly measured: number
  readonly unmeasured: number
}

/** The report of a layout. */
export function reportOf({ graph, modes, judged }: HalfLayout, found: PartFindings): HalfReport {
  const able = graph.nodes.filter(({ slots }) => slots !== undefined)
  const half = able.filter(node => modes.isHalf(node)).length
  const ranges = new Map(found.constants)
  const judgements = [...judged]
  return {
    guard: found.guard,
    islands: found.islands,
    unfit: judgements.flatMap(([id, each]) =>
      each.kind === 'unfit' ? [{ weight: nameOf(id), why: each.why }] : [],
    ),
    clamped: judgements.flatMap(([id, each]) => {
      const range = ranges.get(id)
      if (each.kind === 'unfit' || !range) return []
      const from = -range.min > range.max ? range.min : range.max
      return [{ weight: nameOf(id), from, to: Math.sign(from) * each.limit }]
    }),
    halfNodes: half,
    floatNodes: able.length - half,
    measured: found.measured,
    unmeasured: found.unmeasured,
  }
}

type Warn = (code: string, message: string, details?: Readonly<Record<string, unknown>>) => void

const most = 3

/** Warns of what stays in fp32 for its numbers, and of what could not be measured. */
export function warnKept(ctx: { readonly warn: Warn }, part: string, report: HalfReport): void {
  const { islands, unfit, unmeasured, guard } = report
  const nodes = new Set(islands.flatMap(island => island.nodes))
  const said = [
    ...(islands.length > 0
      ? [
          `${nodes.size} nodes around ${islands.length} values beyond halves (${listed(islands.map(({ value, why }) => `"${value}" ${why}`))})`,
        ]
      : []),
    ...(unfit.length > 0
      ? [`${unfit.length} weights (${listed(unfit.map(({ weight, why }) => `"${weight}": ${why}`))})`]
      : []),
  ]
  if (said.length > 0)
    ctx.warn('kept-float32', `Part "${part}" keeps in fp32: ${said.join('; ')}.`, { part, ...report })
  if (guard === 'calibrated' && unmeasured > 0)
    ctx.warn(
      'unmeasured',
      `Part "${part}": ${unmeasured} values inside Loop or Scan cannot be measured and become halves unseen. Exclude those nodes if in doubt.`,
      { part, unmeasured },
    )
}

function listed(items: readonly string[]): string {
  const rest = items.length - most
  return `${items.slice(0, most).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`
}
