// What all benchmarks of quality print, as DESIGN defines it.
import type { Feeds, Model, Runtime } from '@damson/core'
import { addQuality, isFloatOutput, sqnrOf, type QualitySums } from '@damson/runtime'

/** SQNR in dB of the worst output that has a signal, sums over all feeds. */
export async function worstSqnr(
  made: Model,
  exact: Model,
  feeds: readonly Feeds[],
  runtime: Runtime,
): Promise<number> {
  const [live, original] = [await runtime.open(made), await runtime.open(exact)]
  const sums = new Map<string, QualitySums>()
  try {
    for (const each of feeds) {
      const [got, want] = [await live.run('model', each), await original.run('model', each)]
      for (const [name, y] of Object.entries(want)) {
        const z = got[name]
        if (z && isFloatOutput(y)) sums.set(name, addQuality(z, y, sums.get(name)))
      }
    }
  } finally {
    await live.close()
    await original.close()
  }
  return Math.min(...[...sums.values()].filter(({ signal }) => signal > 0).map(sqnrOf))
}
