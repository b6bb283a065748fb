// The page of an algorithm. Its head is generated from the definition and kept up to date; the body is written by hand.
import { describeParam, type AnyAlgorithm, type Param } from '@damson/core'

const end = '<!-- The head above is generated: `pnpm new --pages` writes it. -->'

/** The page with the head of the definition and the body it had; a new page gets the sections to fill in. */
export function pageOf(algorithm: AnyAlgorithm, exported: string, before?: string): string {
  const body = before?.includes(end) ? before.slice(before.indexOf(end) + end.length).trimStart() : sections
  return `${headOf(algorithm, exported)}\n${end}\n\n${body}`
}

function headOf(algorithm: AnyAlgorithm, exported: string): string {
  const { id, summary, paper, contract, params } = algorithm
  const path = id.slice(0, id.lastIndexOf('/'))
  return [
    `# ${id.slice(id.lastIndexOf('/') + 1)}\n`,
    `${summary}\n`,
    ...(paper === undefined ? [] : [`Source: ${paper}\n`]),
    `\`import { ${exported} } from '${path}'\`, or from \`'${id}'\` alone.\n`,
    `| needs | takes | gives | changes numbers | acts in |`,
    `| --- | --- | --- | --- | --- |`,
    `| ${factsOf(contract.needs)} | ${factsOf(contract.takes)} | ${factsOf(contract.gives)} | ${contract.changes ? 'yes' : 'no'} | ${hooksOf(algorithm)} |\n`,
    ...tableOf(params),
  ].join('\n')
}

function tableOf(params: Readonly<Record<string, Param<unknown>>>): string[] {
  const rows = Object.entries(params).map(([name, param]) => {
    const cells = [
      `\`${name}\``,
      `\`${JSON.stringify(param.default)}\``,
      describeParam(param),
      param.doc + (param.live ? ' A generation may override it.' : ''),
    ]
    return `| ${cells.map(cell => cell.replaceAll('|', String.raw`\|`)).join(' | ')} |`
  })
  return rows.length === 0
    ? ['It has no parameters.\n']
    : ['| parameter | default | values | |', '| --- | --- | --- | --- |', ...rows, '']
}

function factsOf(facts: readonly string[] = []): string {
  return facts.map(fact => `\`${fact}\``).join(', ') || 'nothing'
}

function hooksOf(algorithm: AnyAlgorithm): string {
  const hooks = (['fit', 'rewrite', 'session', 'wrap'] as const).filter(hook => algorithm[hook] !== undefined)
  return hooks.map(hook => `\`${hook}\``).join(', ')
}

const sections = `## Idea

What it does and why that works, with the formula.

## When to use it

For which models and targets, and what to use instead elsewhere.

## Price

Unmeasured.

## Gotchas

None known.
`
