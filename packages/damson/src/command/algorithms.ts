// The catalogue as it is installed: what each algorithm does and what it takes.
import { describeParam, formatValue, shortName, type AnyAlgorithm, type Params } from '@damson/core'
import { presets } from '../presets.ts'
import type { Terminal } from './terminal.ts'

/** Every algorithm with its parameters, as data. */
export function listAlgorithms(algorithms: readonly AnyAlgorithm[]): readonly object[] {
  return algorithms.map(algorithm => ({
    id: algorithm.id,
    name: shortName(algorithm, algorithms),
    version: algorithm.version,
    summary: algorithm.summary,
    ...(algorithm.paper === undefined ? {} : { paper: algorithm.paper }),
    contract: algorithm.contract,
    params: Object.entries<Params[string]>(algorithm.params).map(([name, param]) => ({
      name,
      default: param.default,
      domain: describeParam(param),
      doc: param.doc,
    })),
  }))
}

/** Prints the catalogue. */
export function showAlgorithms(algorithms: readonly AnyAlgorithm[], { out, colors }: Terminal): void {
  for (const algorithm of algorithms) {
    out(`${colors.bold(shortName(algorithm, algorithms))}  ${colors.dim(algorithm.id)}`)
    out(`  ${algorithm.summary}`)
    for (const [name, param] of Object.entries<Params[string]>(algorithm.params)) {
      out(
        `    ${name}=${formatValue(param, param.default)}  ${colors.dim(`${describeParam(param)}. ${param.doc}`)}`,
      )
    }
    out('')
  }
  out(colors.bold('Presets'))
  for (const [name, preset] of Object.entries(presets))
    out(
      `  ${name}  ${preset.summary}\n    ${colors.dim([...preset.steps, ...(preset.rest ?? [])].join(' '))}`,
    )
}
