// docs/measured/cachers.md: every cacher against fewer steps in the same time, the best of them, what each ingredient brings.
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { median, ratioOf } from '../../packages/damson/src/compare/interleaved.ts'
import type { Course, Measured } from './cachers.ts'
import { plotCachers } from './cachers-plot.ts'
import { meanInterval, steps } from './drawing.ts'

const docs = fileURLToPath(new URL('../../docs/measured/', import.meta.url))

/** A course beside fewer steps of the same model in at least the same time. */
export interface Judged {
  readonly course: Course
  /** Over the plain pipeline, with its 95 % interval. */
  readonly speedUp: { readonly median: number; readonly low: number; readonly high: number }
  readonly psnr: number
  readonly ssim: number
  readonly sqnr: number
  /** The fewest steps that take no less time. */
  readonly beside: Course | undefined
  /** PSNR over theirs, paired by prompt, mean and 95 % interval. */
  readonly gain: { readonly mean: number; readonly low: number; readonly high: number } | undefined
}

export function judge(measured: Measured, course: Course): Judged {
  const { ratio, interval } = ratioOf({ before: measured.plainMs, after: course.ms })
  const fewer = measured.courses.filter(({ kind }) => kind === 'fewer').reverse()
  const beside =
    course.kind === 'cacher' ? fewer.find(({ ms }) => median(ms) >= median(course.ms)) : undefined
  const of = (key: 'psnr' | 'ssim' | 'sqnr'): number =>
    meanInterval(course.likeness.map(each => each[key])).mean
  return {
    course,
    speedUp: { median: 1 / ratio, low: 1 / interval[1], high: 1 / interval[0] },
    ...{ psnr: of('psnr'), ssim: of('ssim'), sqnr: of('sqnr'), beside },
    gain:
      beside &&
      meanInterval(course.likeness.map(({ psnr }, at) => psnr - (beside.likeness[at]?.psnr ?? Number.NaN))),
  }
}

/** The quickest setting that still beats fewer steps at 95 %. */
export function best(rows: readonly Judged[]): Judged | undefined {
  const winners = rows.filter(({ gain }) => gain !== undefined && gain.low > 0)
  return winners.sort((a, b) => b.speedUp.median - a.speedUp.median)[0]
}

export async function writeCachersPage(results: readonly Measured[]): Promise<void> {
  const sections: string[] = []
  for (const measured of results) {
    const rows = measured.courses.map(course => judge(measured, course))
    await writeFile(`${docs}cachers-${measured.model}.svg`, await plotCachers(rows))
    sections.push(section(measured, rows))
    const winner = best(rows)
    console.log(
      measured.model,
      winner
        ? `${named(winner.course)}: ${times(winner)}, ${gainText(winner)}`
        : 'no cacher beats fewer steps',
    )
  }
  await writeFile(`${docs}cachers.md`, page(sections))
}

function page(sections: readonly string[]): string {
  // prettier-ignore
  return `# Cachers, measured

Whole generations of ${steps} steps with batched guidance, text encoder and decoder included, one thread of an x86 processor with AVX2, ONNX Runtime 1.30 for Node; every model draws each prompt before the next comes. **Speed-up** is over the plain fp32 pipeline, the median over prompts with its 95 % interval. PSNR and SSIM are those of the picture, SQNR that of the latents, against the plain pipeline's, means over prompts. Every row below the ingredients has what \`simplify\`, \`fuse\` and \`dynamicInt8\` do, so **gain** is the cacher's alone: its PSNR over that of the same model with the fewest steps that take no less time, paired by prompt, mean and 95 % interval; above 0 the cacher is worth having. autoCache and teaCache learn from twelve other prompts. Made by \`pnpm --filter @damson/bench cachers\`.
${sections.join('')}`
}

function section(measured: Measured, rows: readonly Judged[]): string {
  const of = (kind: Course['kind']): readonly Judged[] => rows.filter(({ course }) => course.kind === kind)
  const winner = best(rows)
  const cachers = of('cacher')
  const losers = [...new Set(cachers.map(({ course }) => course.name))].filter(name =>
    cachers.every(({ course, gain }) => course.name !== name || !gain || gain.low <= 0),
  )
  const verdict = winner
    ? `The largest speed-up that still beats fewer steps: **${times(winner)}** by ${named(winner.course)}, ${gainText(winner)} dB over ${winner.beside?.setting}.`
    : 'No cacher beats fewer steps.'
  const refused = measured.refused.map(
    ({ name, reason }) => `- \`${name}\` has no place here: ${oneLine(reason)}`,
  )
  // prettier-ignore
  return `
## ${measured.model}, ${measured.prompts} prompts

${verdict}${losers.length > 0 ? ` Nowhere better than fewer steps: ${losers.map(name => `\`${name}\``).join(', ')}.` : ''}

![Speed-up and PSNR of every cacher and of fewer steps](cachers-${measured.model}.svg)

| ingredients | speed-up | PSNR, dB | SSIM | SQNR, dB |
| --- | --- | --- | --- | --- |
${of('ingredient').map(row => `| ${row.course.name} | ${cells(row)} |`).join('\n')}
${winner ? `| the same without textKv, with ${named(winner.course)} | ${cells(winner)} |\n` : ''}
| cacher | setting | speed-up | PSNR, dB | SSIM | SQNR, dB | in that time | gain, dB |
| --- | --- | --- | --- | --- | --- | --- | --- |
${cachers.map(row => `| ${row.course.name} | ${row.course.setting} | ${cells(row)} | ${row.beside?.setting ?? 'all steps'} | ${gainText(row)} |`).join('\n')}

| fewer steps | speed-up | PSNR, dB | SSIM | SQNR, dB |
| --- | --- | --- | --- | --- |
${of('fewer').map(row => `| ${row.course.setting} | ${cells(row)} |`).join('\n')}
${refused.length > 0 ? `\n${refused.join('\n')}\n` : ''}`
}

const times = ({ speedUp }: Judged): string =>
  `${speedUp.median.toFixed(2)} (${speedUp.low.toFixed(2)}–${speedUp.high.toFixed(2)})`
export const cells = (row: Judged): string =>
  `${times(row)} | ${row.psnr.toFixed(1)} | ${row.ssim.toFixed(3)} | ${row.sqnr.toFixed(1)}`
const named = ({ name, setting }: Course): string => `\`${name}\` at ${setting}`
const oneLine = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/^.*?(has |needs )/, '$1')
    .slice(0, 200)

export function gainText({ gain }: Judged): string {
  if (!gain) return '–'
  const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(1)}`
  return `${signed(gain.mean)} (${signed(gain.low)} to ${signed(gain.high)})`
}
