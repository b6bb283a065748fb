// The engine of this thread, made on first use, so that creating a runtime loads nothing. Its errors become DamsonErrors.
import { DamsonError } from '@damson/graph'
import { EngineError } from './engine-error.ts'
import type { Engine } from './engine.ts'

/** An engine that `make` makes when it is first asked something. A failed start is tried again. */
export function lazyEngine(make: () => Promise<Engine>): Engine {
  let made: Promise<Engine> | undefined
  let ready: Engine | undefined
  const ask = async <T>(question: (engine: Engine) => Promise<T>): Promise<T> => {
    const starting = (made ??= make())
    try {
      ready = await starting
    } catch (error) {
      if (made === starting) made = undefined
      throw near(error)
    }
    return question(ready).catch((error: unknown) => {
      throw near(error)
    })
  }
  return {
    info: () => ask(engine => engine.info()),
    open: (id, source, options) => ask(engine => engine.open(id, source, options)),
    run: (id, run) => ask(engine => engine.run(id, run)),
    free: async slots => ready?.free(slots),
    holds: slot => ready?.holds(slot) ?? false,
    release: id => ask(engine => engine.release(id)),
    close: async () => {
      if (made) await ask(engine => engine.close())
    },
  }
}

function near(error: unknown): unknown {
  if (!(error instanceof EngineError)) return error
  const { code, message, details, cause } = error
  return new DamsonError(code, message, { details, cause })
}
