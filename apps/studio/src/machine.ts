// Where sessions run: WebGPU where the browser has it, else WebAssembly, with threads where the page may have them.
import { createRuntime, type OpenRuntime } from '@damson/runtime'
import asyncifyModule from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url'
import asyncifyWasm from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url'
import plainModule from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url'
import plainWasm from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url'
import type { MachineChoice } from './protocol.ts'

export interface Machine {
  readonly runtime: OpenRuntime
  readonly target: 'webgpu' | 'wasm'
  /** In words. */
  readonly name: string
}

/** What an adapter calls itself, or undefined where there is none. An adapter in software is slower than WebAssembly: taken only when asked for. */
async function adapterName(asked: MachineChoice): Promise<string | undefined> {
  const adapter = 'gpu' in navigator ? await navigator.gpu.requestAdapter() : null
  if (!adapter || (asked === 'auto' && adapter.info.isFallbackAdapter)) return undefined
  const { vendor, architecture, description } = adapter.info
  return description || [vendor, architecture].filter(Boolean).join(' ') || 'an unnamed adapter'
}

/** The machine to work on. Throws when WebGPU was asked for and there is none. */
export async function openMachine(asked: MachineChoice): Promise<Machine> {
  const adapter = asked === 'wasm' ? undefined : await adapterName(asked)
  if (adapter !== undefined) {
    const ort = await import('onnxruntime-web/webgpu')
    ort.env.wasm.wasmPaths = { mjs: address(asyncifyModule), wasm: address(asyncifyWasm) }
    ort.env.wasm.numThreads = 1
    ort.env.logLevel = 'fatal'
    return {
      runtime: createRuntime({ target: 'webgpu', ort }),
      target: 'webgpu',
      name: `WebGPU on ${adapter}`,
    }
  }
  if (asked === 'webgpu') throw new Error('This browser offers no WebGPU adapter. Choose WebAssembly.')
  const ort = await import('onnxruntime-web/wasm')
  // One core is left to the page and to the rest of the machine: threads of ONNX Runtime wait for each other spinning.
  const threads = self.crossOriginIsolated ? Math.max(1, Math.min(4, navigator.hardwareConcurrency - 1)) : 1
  ort.env.wasm.wasmPaths = { mjs: address(plainModule), wasm: address(plainWasm) }
  ort.env.wasm.numThreads = threads
  ort.env.logLevel = 'fatal'
  const name = `WebAssembly, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
  return { runtime: createRuntime({ target: 'wasm', ort }), target: 'wasm', name }
}

/** Threads start from a script of their own, for which relative addresses mean something else. */
function address(url: string): string {
  return new URL(url, self.location.href).href
}
