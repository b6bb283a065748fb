// What the browser test bundles and calls to see that kept outputs stay on the GPU: a gate by hand, over WebGPU.
import {
  defineAlgorithm,
  modelOf,
  smash,
  type Call,
  type Feeds,
  type Outputs,
  type Run,
  type Slot,
} from '@damson/core'
import { onnx } from '@damson/graph'
import { createRuntime, type OpenRuntime } from '../src/index.ts'

export interface KeptResult {
  /** y by call. */
  readonly kept: readonly (readonly number[])[]
  readonly passed: readonly (readonly number[])[]
  /** From the GPU. */
  readonly downloads: { readonly kept: number; readonly passed: number }
  /** Buffers of the GPU that were made and not destroyed when the runtime was closed. */
  readonly left: number
}

const graph = onnx`<ir_version: 8, opset_import: ["" : 17]>
  g (float[n, 4] x, bool run, float[m, 4] before) => (float[n, 4] y, float[n, 4] after)
  <float[4, 4] w = {1, 2, 3, 4, 0, 1, 0, 1, 2, 0, 0, 2, 1, 1, 1, 1}> {
    after = If (run) <
      then_branch = then () => (float[n, 4] made) { made = MatMul(x, w) },
      else_branch = else () => (float[n, 4] same) { same = Identity(before) }>
    y = Add(x, after)
  }`

type Turn = (next: Run, feeds: Feeds, call: Call) => Promise<Outputs>

const bool = (value: boolean) => ({ dtype: 'bool', shape: [], data: Uint8Array.of(Number(value)) }) as const
const x = (call: number) =>
  ({ dtype: 'float32', shape: [2, 4], data: Float32Array.from({ length: 8 }, (_, at) => Math.sin(at + call)) }) as const // prettier-ignore

/** y of three calls of which the first runs the branch and the others hand on what it gave. Closes the runtime. */
export async function threeCalls(
  runtime: OpenRuntime,
  turns: () => Turn,
): Promise<readonly (readonly number[])[]> {
  const around = defineAlgorithm({
    id: '@test/cachers/around',
    version: 1,
    summary: 'Drives a gate.',
    contract: {},
    params: {},
    groups: part => [{ sites: [{ part }] }],
    wrap:
      ({ parts }) =>
      () => {
        const turn = turns()
        return { part: parts[0] ?? '', around: next => (feeds, call) => turn(next, feeds, call) }
      },
  })
  const step = '@test/cachers/around'
  const neutral = { dtype: 'float32', shape: [0, 4], fill: 0 }
  const gated = modelOf(graph).withPorts([
    { part: 'model', step, name: 'run', direction: 'input', role: 'run', neutral: { dtype: 'bool', shape: [], fill: 1 } },
    { part: 'model', step, name: 'before', direction: 'input', role: 'cache', pair: 'after', neutral },
    { part: 'model', step, name: 'after', direction: 'output', role: 'cache', pair: 'before' },
  ]) // prettier-ignore
  try {
    const generation = (await runtime.open(await smash(gated, [around()]))).generation()
    const found: (readonly number[])[] = []
    for (const call of [0, 1, 2]) found.push([...((await generation.run('model', { x: x(call) }))['y']?.data ?? [])].map(Number)) // prettier-ignore
    await generation.close()
    return found
  } finally {
    await runtime.close()
  }
}

/** The same, but it stays. */
const keeping = (): Turn => {
  let slot: Slot | undefined
  return (next, feeds, call) => {
    if (slot) return next({ ...feeds, run: bool(false) }, { ...call, takes: { before: slot }, keeps: { after: 'leave' } }) // prettier-ignore
    slot = call.slot?.()
    return next(feeds, { ...call, keeps: slot ? { after: slot } : {} })
  }
}

/** What a gate gives goes out, and in again at the next call. */
export const passing = (): Turn => {
  let before: Outputs[string] | undefined
  return async (next, feeds, call) => {
    const outputs = await next(before ? { ...feeds, run: bool(false), before } : feeds, call)
    before = outputs['after']
    return outputs
  }
}

async function keepOnGpu(): Promise<KeptResult> {
  const { createBuffer } = GPUDevice.prototype
  const { destroy, mapAsync } = GPUBuffer.prototype
  let [made, downloads] = [0, 0]
  GPUDevice.prototype.createBuffer = function (...given) { made++; return createBuffer.apply(this, given) } // prettier-ignore
  GPUBuffer.prototype.destroy = function () { made--; return destroy.call(this) } // prettier-ignore
  GPUBuffer.prototype.mapAsync = function (...given) { downloads++; return mapAsync.apply(this, given) } // prettier-ignore
  const open = (): OpenRuntime => createRuntime({ target: 'webgpu', wasmPaths: new URL('/ort/', location.href).href }) // prettier-ignore
  const kept = await threeCalls(open(), keeping)
  const keptDownloads = downloads
  const left = made
  const passed = await threeCalls(open(), passing)
  return { kept, passed, downloads: { kept: keptDownloads, passed: downloads - keptDownloads }, left }
}

Object.assign(globalThis, { keepOnGpu })
