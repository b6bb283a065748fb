// Plans for people and for other programs.
import { shortName } from './algorithm-names.ts'
import type { AnyAlgorithm } from './algorithm.ts'
import type { Conflict, Edge, Plan, PlannedStep } from './plan-types.ts'
import { formatRecipeStep, type RecipeStep } from './recipe.ts'
import { formatStep } from './step-text.ts'

/** A plan as text: the steps in order with what they claim, the reasons, the sizes, the conflicts. */
export function formatPlan(plan: Plan): string {
  const among = plan.steps.map(({ step }) => step.algorithm)
  const steps = plan.steps.flatMap((planned, at) => [
    `${at + 1}. ${formatStep(planned.step, among)}`,
    ...planned.claims.map(claim => `     ${claimLine(claim)}`),
  ])
  const sizes = (plan.sizes ?? []).map(
    ({ part, before, after, exact }) =>
      `  ${part}: ${formatBytes(before)} → ${exact ? '' : 'at most '}${formatBytes(after)}`,
  )
  return [
    ...steps,
    ...section('Order', edgeLines(plan, plan.edges, among)),
    ...section(
      'Not honoured, because hard reasons or the order of the list go the other way',
      edgeLines(plan, plan.dropped, among),
    ),
    ...section('Weights', sizes),
    ...section('Conflicts', plan.conflicts.flatMap(conflictLines)),
  ].join('\n')
}

/** A line for each reason: with nodes where it holds in one part, else with the parts. */
function edgeLines(plan: Plan, edges: readonly Edge[], among: readonly AnyAlgorithm[]): readonly string[] {
  const alike = new Map<string, Edge[]>()
  for (const edge of edges) {
    const key = JSON.stringify([edge.before, edge.after, edge.reason])
    alike.set(key, [...(alike.get(key) ?? []), edge])
  }
  const short = shortIds(plan, among)
  return [...alike.values()].flatMap(([first, ...others]) => {
    if (!first) return []
    const parts = [first, ...others].map(({ part }) => part)
    const because = others.length === 0 ? first.because : `${first.reason} (${parts.join(', ')})`
    return [`  ${short(`${first.before} before ${first.after}: ${because}`)}`]
  })
}

/** Puts the names that the steps are listed under in place of their ids. */
function shortIds(plan: Plan, among: readonly AnyAlgorithm[]): (text: string) => string {
  const names = plan.steps
    .map(
      ({ id, step: { algorithm } }) => [id, id.replace(algorithm.id, shortName(algorithm, among))] as const,
    )
    .sort(([a], [b]) => b.length - a.length)
  return text => names.reduce((said, [id, name]) => said.replaceAll(id, name), text)
}

function claimLine({ part, weights, nodes, whole, bytes }: PlannedStep['claims'][number]): string {
  const counts = [
    ...(whole ? ['as a whole'] : []),
    ...(weights.length > 0
      ? [`${weights.length} weight${weights.length === 1 ? '' : 's'} (${formatBytes(bytes)})`]
      : []),
    ...(nodes.length > 0 ? [`${nodes.length} node${nodes.length === 1 ? '' : 's'}`] : []),
  ]
  return `${part}: ${counts.join(', ')}`
}

function conflictLines({ code, message, suggestion }: Conflict): readonly string[] {
  return [`  ${code}: ${message}`, ...(suggestion ? [`    try: ${suggestion.text}`] : [])]
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : ['', `${title}:`, ...lines]
}

/** Decimal units, three digits: 1 MB = 10⁶ bytes. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB']
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** step
  return `${step === 0 ? value : Number(value.toPrecision(3))} ${units[step]}`
}

/** A plan as JSON holds it: steps in their resolved recipe form. */
export interface PlanJson extends Omit<Plan, 'steps' | 'conflicts'> {
  readonly steps: readonly (Omit<PlannedStep, 'step'> & { readonly step: RecipeStep })[]
  readonly conflicts: readonly (Omit<Conflict, 'suggestion'> & {
    readonly suggestion?: { readonly text: string; readonly steps: readonly RecipeStep[] }
  })[]
}

/** A plan as plain data for `JSON.stringify`. */
export function planJson(plan: Plan): PlanJson {
  return {
    ...plan,
    steps: plan.steps.map(planned => ({ ...planned, step: formatRecipeStep(planned.step) })),
    conflicts: plan.conflicts.map(({ suggestion, ...conflict }) => ({
      ...conflict,
      ...(suggestion
        ? { suggestion: { text: suggestion.text, steps: suggestion.steps.map(formatRecipeStep) } }
        : {}),
    })),
  }
}
