// What became of each weight and why, as a table in an event.
import { formatBytes, type Context, type Params } from '@damson/core'
import type { Chosen } from './bit-budget.ts'
import type { Priced } from './bit-costs.ts'
import type { Trials } from './bit-trials.ts'
import type { Noise } from './sensitivity.ts'

const decibelsOf = (noise: number): number => -10 * Math.log10(noise)

/** How bits were allotted in one part. */
interface Allotment {
  readonly part: string
  readonly priced: readonly Priced[]
  readonly chosen: Chosen
  /** Measured on what came out. */
  readonly noise: Noise | undefined
  readonly samples: Trials['samples']
  /** Milliseconds of each option, where they were measured. */
  readonly times: readonly (readonly number[])[] | undefined
}

const runOn = {
  given: 'the samples',
  'made up': 'inputs that were made up, for there were no samples',
  none: '',
} as const

/** Says how bits were allotted in one part. */
export function reportBits(
  ctx: Pick<Context<Params>, 'warn'>,
  { part, priced, chosen, noise: made, samples, times }: Allotment,
): void {
  const rows = priced.map(({ id, elements, options, noise }, at) => {
    const option = chosen[at]
    const place = option ? options.indexOf(option) : -1
    return {
      weight: id,
      choice: option?.text ?? 'float',
      bytes: option?.bytes ?? 0,
      bits: (8 * (option?.bytes ?? 0)) / elements,
      noise: noise[place] ?? 0,
      ...(times ? { ms: times[at]?.[place] ?? 0 } : {}),
      alternatives: options.map(({ text, bytes }, other) => ({
        choice: text,
        bytes,
        noise: noise[other] ?? 0,
        ...(times ? { ms: times[at]?.[other] ?? 0 } : {}),
      })),
    }
  })
  const bytes = rows.reduce((sum, row) => sum + row.bytes, 0)
  const elements = priced.reduce((sum, each) => sum + each.elements, 0)
  const predicted = decibelsOf(rows.reduce((sum, { noise }) => sum + noise, 0))
  const measured = made && decibelsOf(made.worst)
  // Codes that make up for one another do better than the sum of what each weight does alone.
  const quality =
    made === undefined || measured === undefined
      ? 'quality unmeasured: where nothing can be run each weight counts by the share of itself that it loses'
      : `noise of all outputs predicted at ${predicted.toFixed(1)} dB and measured at ${decibelsOf(made.total).toFixed(1)} dB, worst output ${measured.toFixed(1)} dB on ${runOn[samples]}`
  ctx.warn(
    'bits-allotted',
    `Part "${part}": ${((8 * bytes) / elements).toFixed(2)} bits a weight (${formatBytes(bytes)}), ${quality}.${times ? timeOf(priced, rows, times) : ''} ${countsOf(rows)}.`,
    { part, bytes, samples, ...(measured === undefined ? {} : { predicted, measured }), rows },
  )
}

function countsOf(rows: readonly { readonly choice: string }[]): string {
  const counts = new Map<string, number>()
  for (const { choice } of rows) counts.set(choice, (counts.get(choice) ?? 0) + 1)
  return [...counts].map(([choice, count]) => `${choice}: ${count}`).join(', ')
}

/** Time of single products, in codes and in floating point. */
function timeOf(
  priced: readonly Priced[],
  rows: readonly { readonly ms?: number }[],
  times: readonly (readonly number[])[],
): string {
  const now = rows.reduce((sum, { ms = 0 }) => sum + ms, 0)
  const before = priced.reduce((sum, { options }, at) => {
    const float = options.findIndex(({ found }) => found === undefined)
    return sum + (times[at]?.[float] ?? 0)
  }, 0)
  return ` Products timed one by one on this machine: ${before.toFixed(2)} ms in floating point, ${now.toFixed(2)} ms as chosen.`
}
