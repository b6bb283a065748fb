// Every two algorithms in every placement on three architectures, run: what they cost together against twice the sum of what
// each costs alone. Run: pnpm bench pairs
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { shortName } from '@damson/core'
import { createRuntime } from '@damson/runtime'
import { PairPricer, pairCases, type PairCase, type PairPrice } from '@damson/testing/check'
import { algorithms } from 'damson'
import { pairGrounds } from '../../packages/damson/test/pair-grounds.ts'

const page = fileURLToPath(new URL('../../docs/measured/pairs.md', import.meta.url))

interface Tried {
  readonly pair: PairCase
  readonly worst?: PairPrice
  readonly orders: number
  /** Why the planner refuses. */
  readonly conflict?: string
  /** What was thrown where nothing should be. */
  readonly thrown?: string
}

async function tryOut(pair: PairCase, pricer: PairPricer): Promise<Tried> {
  try {
    const { plan, prices } = await pricer.price(pair)
    if (!prices) return { pair, orders: 0, conflict: plan.conflicts.map(({ code }) => code).join(', ') }
    const [worst] = prices.toSorted((a, b) => b.share - a.share)
    return { pair, orders: new Set(prices.map(({ order }) => order)).size, ...(worst ? { worst } : {}) }
  } catch (error) {
    return { pair, orders: 0, thrown: error instanceof Error ? error.message : String(error) }
  }
}

const nameOf = ({ steps }: PairCase): string =>
  steps.map(step => shortName(step.algorithm, algorithms)).join(' and ')
const isBad = ({ thrown, worst }: Tried): boolean => thrown !== undefined || (worst?.share ?? 0) > 1
const row = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`
const inDecibels = (noise: number, signal: number): string =>
  noise === 0 ? '–' : `${(10 * Math.log10(signal / noise)).toFixed(1)}`

/** Where, how many and how near to the bound. */
function summary(tried: readonly Tried[]): readonly string[] {
  const groups = new Map<string, Tried[]>()
  for (const each of tried) {
    const name = `${each.pair.ground.name} | ${each.pair.placement}`
    groups.set(name, [...(groups.get(name) ?? []), each])
  }
  return [
    row(['architecture', 'placement', 'pairs', 'run', 'in both orders', 'refused', 'beyond the bound', 'worst share', 'median']),
    row(Array.from({ length: 9 }, () => '---')),
    ...[...groups].map(([name, all]) => {
      const shares = all.flatMap(({ worst }) => (worst ? [worst.share] : [])).toSorted((a, b) => a - b)
      const refused = all.filter(({ conflict }) => conflict !== undefined).length
      const twice = all.filter(({ orders }) => orders > 1).length
      const middle = shares[Math.floor(shares.length / 2)] ?? 0
      return row([name, all.length, shares.length, twice, refused, all.filter(isBad).length, (shares.at(-1) ?? 0).toFixed(2), middle.toFixed(2)])
    }),
  ] // prettier-ignore
}

/** The pairs nearest to the bound, or beyond it. */
function nearest(tried: readonly Tried[], count: number): readonly string[] {
  const found = tried.flatMap(each => (each.worst ? [{ ...each, worst: each.worst }] : []))
  const sorted = found.toSorted((a, b) => b.worst.share - a.worst.share).slice(0, count)
  return [
    row(['pair', 'where', 'order', 'output', 'together, dB', 'alone, dB', 'share']),
    row(Array.from({ length: 7 }, () => '---')),
    ...sorted.map(({ pair, worst: { order, output, noise, singles, signal, share } }) =>
      row([nameOf(pair), `${pair.ground.name}, ${pair.placement}`, order, `\`${output}\``, inDecibels(noise, signal), singles.map(each => inDecibels(each, signal)).join(' and '), share.toFixed(2)]),
    ),
  ] // prettier-ignore
}

function pageOf(tried: readonly Tried[]): string {
  const thrown = tried.filter(each => each.thrown !== undefined)
  const failures = thrown.map(({ pair, thrown: why }) => `- ${nameOf(pair)}, ${pair.ground.name}, ${pair.placement}: ${why}`)
  return [
    '# Every pair of algorithms',
    '',
    'Every two algorithms, one with itself included, on one part, on disjoint nodes of a part and on two parts of a model, in the order that the planner finds and in each list order that it allows. Each is smashed, opened in ONNX Runtime and run; the noise power of every output is held against twice the sum of what the two steps cost alone at the same place, plus rounding of floats (100 dB): the *share* of that bound is above 1 for a pair that does not compose. A refused pair is a plan with conflicts. Small models with little calibration: the decibels say nothing of quality.',
    '',
    'Made by `pnpm bench pairs`.',
    '',
    ...summary(tried),
    '',
    '## Nearest to the bound',
    '',
    ...nearest(tried, 20),
    ...(failures.length > 0 ? ['', '## Failed', '', ...failures] : []),
    '',
  ].join('\n')
} // prettier-ignore

const wanted = process.argv.slice(2)
const runtime = createRuntime()
try {
  const pricer = new PairPricer(runtime)
  const cases = pairCases(await pairGrounds(), algorithms).filter(pair =>
    wanted.every(word => `${nameOf(pair)}, ${pair.ground.name}, ${pair.placement}`.includes(word)),
  )
  const tried: Tried[] = []
  for (const pair of cases) {
    const found = await tryOut(pair, pricer)
    tried.push(found)
    const said = found.thrown ?? found.conflict ?? `${(found.worst?.share ?? 0).toFixed(2)} of the bound`
    console.log(
      isBad(found) ? 'BAD' : 'ok ',
      nameOf(pair),
      '|',
      pair.ground.name,
      '|',
      pair.placement,
      '|',
      said,
    )
  }
  if (wanted.length === 0) await writeFile(page, pageOf(tried))
  process.exitCode = tried.some(isBad) ? 1 : 0
} finally {
  await runtime.close()
}
