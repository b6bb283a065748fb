// The tests of what every cacher is held to, on some denoisers of the zoo. All of them: pnpm bench cacher-promises
import { zooTest } from '@damson/zoo/vitest'
import { afterAll, expect } from 'vitest'
import { oneThread, zooModel } from './denoising.ts'
import { tryPromises, type Promised } from './promises.ts'

/** Registers the tests of these promises. */
export function keepsSharedPromises(promised: Promised, paths: readonly string[]): void {
  const runtime = oneThread()
  afterAll(() => runtime.close())
  for (const [at, path] of paths.entries()) {
    zooTest(
      path,
      'never reusing, it changes nothing; reusing, it stays in one row, branch and generation',
      async () => {
        // One model shows how far an If goes at level all.
        const kept = await tryPromises(runtime, await zooModel(path), promised, { all: at === 0 })
        expect(kept.never).toBe(0)
        if (at === 0) expect(kept.neverAll).toBeLessThanOrEqual(1e-5)
        expect(kept.reused).toBeGreaterThan(0)
        expect(kept.batch).toBeLessThanOrEqual(1e-5)
        expect(kept.branches).toBe(0)
      },
    )
  }
}
