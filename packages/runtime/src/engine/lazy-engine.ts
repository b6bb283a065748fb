// An engine that is made on first use, so that creating a runtime loads nothing.
import type { Engine } from './engine.ts'

/** An engine that `make` makes when it is first asked something. A failed start is tried again. */
export function lazyEngine(make: () => Promise<Engine>): Engine {
  let made: Promise<Engine> | undefined
  const engine = async (): Promise<Engine> => {
    const starting = (made ??= make())
    try {
      return await starting
    } catch (error) {
      if (made === starting) made = undefined
      throw error
    }
  }
  return {
    info: async () => (await engine()).info(),
    open: async (id, source, options) => (await engine()).open(id, source, options),
    run: async (id, feeds, fetches) => (await engine()).run(id, feeds, fetches),
    release: async id => (await engine()).release(id),
    close: async () => {
      if (made) await (await made).close()
    },
  }
}
