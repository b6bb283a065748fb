// Notices what a library must not do: print, look at the clock, draw random numbers without a seed. The globals are
// replaced while a piece of work runs and put back afterwards.

/** What was done meanwhile: `console.log("…")`, `Math.random()`. */
export async function watch(work: () => Promise<unknown>, measures: boolean): Promise<readonly string[]> {
  const seen = new Set<string>()
  const undo = [
    ...(['log', 'info', 'warn', 'error', 'debug', 'table', 'dir'] as const).map(name =>
      replace(console, name, (...args: readonly unknown[]) => {
        seen.add(`console.${name}(${JSON.stringify(String(args[0])).slice(0, 60)})`)
      }),
    ),
    replace(Math, 'random', () => {
      seen.add('Math.random()')
      return 0.5
    }),
    ...(measures
      ? []
      : [clock(Date, 'now', 'Date.now()', seen), clock(performance, 'now', 'performance.now()', seen)]),
  ]
  try {
    await work()
  } finally {
    for (const restore of undo) restore()
  }
  return [...seen]
}

/** A clock that tells on whoever reads it, unless that is the runtime's own native module or the platform. */
function clock<K extends string>(
  owner: Record<K, () => number>,
  name: K,
  called: string,
  seen: Set<string>,
): () => void {
  const real = owner[name].bind(owner)
  return replace(owner, name, () => {
    const caller = new Error('caller').stack?.split('\n')[2] ?? ''
    if (!/onnxruntime|node:|tinypool|vitest/.test(caller)) seen.add(called)
    return real()
  })
}

function replace<K extends string, F>(owner: Record<K, F>, name: K, stand: F): () => void {
  const real = owner[name]
  owner[name] = stand
  return () => {
    owner[name] = real
  }
}
