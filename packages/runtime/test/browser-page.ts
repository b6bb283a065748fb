// What the browser test bundles and calls: the same package, with the platform of browsers.
import { parseGraph } from '@damson/graph'
import { createRuntime, feedsFor } from '../src/index.ts'

export interface PageResult {
  readonly outputs: Readonly<Record<string, readonly number[]>>
  readonly range: readonly (number | undefined)[]
  readonly traits: Awaited<ReturnType<ReturnType<typeof createRuntime>['traits']>>
  readonly aborted: string
}

/** Opens the served model in this thread or a worker and runs it. */
async function runModel(isolate: 'thread' | 'worker', value: string): Promise<PageResult> {
  const graph = parseGraph(new Uint8Array(await (await fetch('/model.onnx')).arrayBuffer()))
  const runtime = createRuntime({ isolate, wasmPaths: new URL('/ort/', location.href).href })
  try {
    const live = await runtime.open(graph)
    const feeds = feedsFor(graph)
    const outputs = await live.run('main', feeds)
    const stop = new AbortController()
    stop.abort(new Error('enough'))
    const aborted = await live.run('main', feeds, { signal: stop.signal }).then(() => '', String)
    const samples = { async *[Symbol.asyncIterator]() { yield feeds } } // prettier-ignore
    const range = (await runtime.statistics(graph, [{ value, kind: 'minmax' }], samples)).get(value)
    return {
      outputs: Object.fromEntries(
        Object.entries(outputs).map(([name, { data }]) => [name, [...data].map(Number)]),
      ),
      range: [range?.min?.[0], range?.max?.[0]],
      traits: await runtime.traits(),
      aborted,
    }
  } finally {
    await runtime.close()
  }
}

Object.assign(globalThis, { runModel })
