// The platform of browsers: Web Workers, no processes, no files.
import type { MachineTraits } from '@damson/core'
import type { Answer } from './engine/message.ts'
import type { StartFar } from './engine/remote-engine.ts'
import { loadWebOrt } from './load-ort.web.ts'
import { inMemory } from './session/graph-bytes.ts'
import type { Platform } from './platform.ts'

const startWorker: StartFar = ({ answer, gone }) => {
  // Bundlers look for exactly this form.
  const worker = new Worker(new URL('./engine.worker.js', import.meta.url), { type: 'module' })
  worker.addEventListener('message', (event: MessageEvent<Answer>) => answer(event.data))
  worker.addEventListener('error', event => gone(event.message))
  return {
    send: (message, transfer) => worker.postMessage(message, transfer),
    hold: () => {},
    end: async () => worker.terminate(),
  }
}

async function machine(): Promise<Omit<MachineTraits, 'ort'>> {
  const { hardwareConcurrency = 1 } = navigator
  return {
    platform: 'web',
    arch: 'wasm',
    cores: hardwareConcurrency,
    features: 'gpu' in navigator ? ['webgpu'] : [],
  }
}

export const platform: Platform = {
  name: 'web',
  loadOrt: loadWebOrt,
  startWorker,
  startProcess: undefined,
  materialize: inMemory,
  machine,
  openSpill: async () => undefined,
}
