// The price on the page of every cacher, between two marks: what the bench measured of it, and whether it is worth having.
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { cells, gainText, judge, type Judged } from './cachers-page.ts'
import type { Measured } from './cachers.ts'

const pages = fileURLToPath(new URL('../../docs/algorithms/cachers/', import.meta.url))
const [start, end] = ['<!-- measured: pnpm --filter @damson/bench cachers -->', '<!-- /measured -->']

/** Writes what lies between the marks of each page. */
export async function writeCacherPrices(results: readonly Measured[]): Promise<void> {
  const names = new Set(
    results.flatMap(({ courses, refused }) =>
      [...courses.filter(({ kind }) => kind === 'cacher'), ...refused].map(({ name }) => name),
    ),
  )
  for (const name of names) {
    const file = `${pages}${name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}.md`
    const text = await readFile(file, 'utf8')
    const [from, to] = [text.indexOf(start), text.indexOf(end)]
    if (from < 0 || to < from) throw new Error(`expected ${start} and ${end} in ${file}`)
    await writeFile(file, `${text.slice(0, from)}${start}\n\n${priceOf(name, results)}\n\n${text.slice(to)}`)
  }
}

function priceOf(name: string, results: readonly Measured[]): string {
  const of = (measured: Measured): readonly Judged[] =>
    measured.courses
      .filter(course => course.kind === 'cacher' && course.name === name)
      .map(course => judge(measured, course))
  const rows = results.flatMap(measured =>
    of(measured).map(
      row =>
        `| ${measured.model} | ${row.course.setting} | ${cells(row)} | ${row.beside?.setting ?? 'all steps'} | ${gainText(row)} |`,
    ),
  )
  const verdicts = results.flatMap(measured =>
    of(measured).length === 0 ? [] : [verdict(measured.model, of(measured))],
  )
  const refused = results.flatMap(measured =>
    measured.refused.filter(each => each.name === name).map(() => `It has no place in ${measured.model}.`),
  )
  // prettier-ignore
  return `Whole generations of 20 steps, quantized by \`dynamicInt8\`, over the plain fp32 pipeline; **gain** is the PSNR over that of the same model with fewer steps in no less time, mean and 95 % interval. All cachers side by side: [cachers, measured](../../measured/cachers.md).

| model | setting | speed-up | PSNR, dB | SSIM | SQNR, dB | in that time | gain, dB |
| --- | --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

${[...verdicts, ...refused].join(' ')}`
}

function verdict(model: string, rows: readonly Judged[]): string {
  const winners = rows.filter(({ gain }) => gain !== undefined && gain.low > 0)
  if (winners.length === 0) return `On ${model} no setting beats fewer steps.`
  const settings = winners.map(({ course }) => course.setting).join(', ')
  return winners.length === rows.length
    ? `On ${model} every setting beats fewer steps.`
    : `On ${model} these beat fewer steps: ${settings}.`
}
