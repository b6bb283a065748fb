// What is in a model, what holds of it, and what could be done to it.
import {
  explain,
  factTable,
  shortName,
  weightBytes,
  type AnyAlgorithm,
  type Model,
  type Part,
} from '@damson/core'
import { walk, weights } from '@damson/graph'
import { parameterCount } from '../compare/parameters.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'
import { bytesText, countText, plural } from './units.ts'

/** Everything that `inspect` says, as data. */
export interface Inspection {
  readonly layout: string
  readonly parts: readonly PartInspection[]
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
  readonly applied: readonly string[]
  readonly algorithms: readonly AlgorithmInspection[]
}

interface PartInspection {
  readonly part: string
  readonly role: string
  readonly opset: number
  readonly nodes: number
  readonly parameters: number
  readonly bytes: number
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly operators: Readonly<Record<string, number>>
  readonly weights: Readonly<Record<string, { readonly count: number; readonly bytes: number }>>
  readonly facts: readonly string[]
}

interface AlgorithmInspection {
  readonly part: string
  /** Full id. */
  readonly algorithm: string
  readonly name: string
  readonly accepts: boolean
  readonly says: string
}

/** Looks at a model. */
export function inspect(model: Model, algorithms: readonly AnyAlgorithm[], target: string): Inspection {
  const entries = explain(model, { algorithms, target })
  const names = new Map(algorithms.map(each => [each.id, shortName(each, algorithms)]))
  return {
    layout: model.layout,
    parts: [...model.parts.values()].map(part => inspectPart(model, part)),
    files: [...model.files].map(([path, { size }]) => ({ path, bytes: size })),
    applied: model.applied.map(step => step.id),
    algorithms: entries.map(({ part, algorithm, accepts, refusal }) => ({
      part,
      algorithm,
      name: names.get(algorithm) ?? algorithm,
      accepts: accepts !== undefined,
      says: accepts ? claimText(accepts) : (refusal?.refused ?? ''),
    })),
  }
}

function claimText(claim: {
  readonly weights: number
  readonly nodes: number
  readonly bytes: number
}): string {
  const counts = [
    ...(claim.weights > 0 ? [`${plural(claim.weights, 'weight')} (${bytesText(claim.bytes)})`] : []),
    ...(claim.nodes > 0 ? [plural(claim.nodes, 'node')] : []),
  ]
  return counts.length === 0 ? 'the part as a whole' : counts.join(', ')
}

function inspectPart(model: Model, part: Part): PartInspection {
  const { graph } = part
  const operators: Record<string, number> = {}
  let nodes = 0
  for (const { node } of walk(graph)) {
    const name = node.domain === '' ? node.op : `${node.domain}.${node.op}`
    operators[name] = (operators[name] ?? 0) + 1
    nodes++
  }
  const byType: Record<string, { count: number; bytes: number }> = {}
  for (const { tensor } of weights(graph)) {
    const entry = (byType[tensor.dtype] ??= { count: 0, bytes: 0 })
    entry.count++
    entry.bytes += tensor.byteLength
  }
  return {
    part: part.name,
    role: part.role,
    opset: graph.opset(),
    nodes,
    parameters: parameterCount(part),
    bytes: weightBytes(graph),
    inputs: graph.requiredInputs().map(({ name, type }) => `${name} ${typeText(type)}`),
    outputs: graph.outputs.map(({ name, type }) => `${name} ${typeText(type)}`),
    operators,
    weights: byType,
    facts: factsOf(model, part),
  }
}

function typeText(type: Part['graph']['inputs'][number]['type']): string {
  if (type?.kind !== 'tensor') return type?.kind ?? '?'
  return `${type.dtype ?? '?'}[${type.shape?.map(dim => dim ?? '?').join(', ') ?? '…'}]`
}

/** Facts of the part as a whole that hold. */
function factsOf(model: Model, part: Part): readonly string[] {
  return [...factTable()].flatMap(([fact, info]) => {
    if (info.scope !== 'part' && info.scope !== 'run') return []
    return (info.probe?.({ part }, part, model) ?? info.initially) ? [fact] : []
  })
}

/** Prints an inspection. */
export function showInspection(inspection: Inspection, terminal: Terminal): void {
  const { out, colors } = terminal
  const parts = inspection.parts.map(part => [
    part.part, part.role, String(part.opset), countText(part.nodes), countText(part.parameters), bytesText(part.bytes), part.facts.join(' '),
  ]) // prettier-ignore
  out(table(['part', 'role', 'opset', 'nodes', 'parameters', 'weights', 'facts'], parts, colors))
  for (const part of inspection.parts) showPart(part, terminal)
  if (inspection.applied.length > 0) out(`\n${colors.bold('Applied')}\n  ${inspection.applied.join('\n  ')}`)
  if (inspection.files.length > 0) {
    const bytes = inspection.files.reduce((sum, file) => sum + file.bytes, 0)
    out(`\n  ${plural(inspection.files.length, 'other file')} (${bytesText(bytes)}) are carried along`)
  }
  out(`\n${colors.bold('Algorithms')}`)
  out(table(['part', 'accepts', 'algorithms', ''], algorithmRows(inspection, colors), colors))
}

/** A row for all algorithms that say the same of a part, those that accept it first. */
function algorithmRows(inspection: Inspection, colors: Terminal['colors']): readonly (readonly string[])[] {
  const alike = new Map<string, { part: string; accepts: boolean; says: string; names: string[] }>()
  for (const { part, name, accepts, says } of inspection.algorithms) {
    const key = JSON.stringify([part, accepts, says])
    const row = alike.get(key) ?? { part, accepts, says, names: [] }
    row.names.push(name)
    alike.set(key, row)
  }
  const rows = [...alike.values()]
  const ordered = inspection.parts.flatMap(({ part }) => {
    const own = rows.filter(row => row.part === part)
    return [...own.filter(({ accepts }) => accepts), ...own.filter(({ accepts }) => !accepts)]
  })
  return ordered.map(({ part, accepts, says, names }) => [
    part, accepts ? colors.green('yes') : colors.red('no'), wrapped(names.sort()), says,
  ]) // prettier-ignore
}

/** Names in lines of about 40 characters. */
function wrapped(names: readonly string[]): string {
  const lines: string[] = []
  for (const name of names) {
    const line = lines.pop()
    if (line === undefined) lines.push(name)
    else if (line.length + name.length <= 38) lines.push(`${line}, ${name}`)
    else lines.push(`${line},`, name)
  }
  return lines.join('\n')
}

function showPart(part: PartInspection, { out, colors }: Terminal): void {
  const operators = Object.entries(part.operators).sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]))
  const shown = operators.slice(0, 12).map(([op, count]) => `${op} ${count}`)
  const more = operators.length > shown.length ? `, ${operators.length - shown.length} more kinds` : ''
  const types = Object.entries(part.weights).map(
    ([dtype, { count, bytes }]) => `${dtype} ${count} (${bytesText(bytes)})`,
  )
  out(`\n${colors.bold(part.part)}`)
  out(`  inputs     ${part.inputs.join(', ')}`)
  out(`  outputs    ${part.outputs.join(', ')}`)
  out(`  operators  ${shown.join(', ')}${more}`)
  out(`  weights    ${types.join(', ')}`)
}
