// The README of a family, which npm shows: its head lists the algorithms and is generated, the rest is written by hand.
import type { AnyAlgorithm } from '@damson/core'

const end = '<!-- The head above is generated: `pnpm new --pages` writes it. -->'

/** The README with the head of the package and the body it had. */
export function familyReadme(
  { name, description }: { readonly name: string; readonly description: string },
  algorithms: readonly { readonly name: string; readonly algorithm: AnyAlgorithm }[],
  before?: string,
): string {
  const body = before?.includes(end) ? before.slice(before.indexOf(end) + end.length).trimStart() : license
  const rows = algorithms.map(
    ({ name, algorithm }) => `| \`${name}\` | ${algorithm.summary.replaceAll('|', String.raw`\|`)} |`,
  )
  const head = [
    `# ${name}\n`,
    `${description} A part of damson, which makes ONNX models smaller and faster in JavaScript and proves what that cost.\n`,
    '```sh',
    `npm install ${name}`,
    '```\n',
    '| algorithm | |',
    '| --- | --- |',
    ...rows,
  ]
  return `${head.join('\n')}\n\n${end}\n\n${body}`
}

const license = `## Licence

Apache-2.0.
`
