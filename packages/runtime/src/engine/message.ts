// What crosses to an engine in a worker or child process: plain requests and answers, errors as data.
import type { Feeds, Outputs } from '@damson/core'
import { EngineError } from './engine-error.ts'
import type { EngineRun, ModelSource, OrtSessionOptions } from './engine.ts'

export type Request =
  | { readonly kind: 'start'; readonly ort: OrtChoice }
  | { readonly kind: 'info' }
  | {
      readonly kind: 'open'
      readonly id: number
      readonly source: ModelSource
      readonly options: OrtSessionOptions
    }
  | { readonly kind: 'run'; readonly id: number; readonly run: EngineRun }
  | { readonly kind: 'free'; readonly slots: readonly number[] }
  | { readonly kind: 'release'; readonly id: number }
  | { readonly kind: 'close' }

/** Which ONNX Runtime an engine loads, and how the web one is set up. */
export interface OrtChoice {
  readonly module: 'node' | 'web' | 'webgpu'
  /** Where onnxruntime-web finds its .wasm files: a URL ending in `/`. */
  readonly wasmPaths?: string
  /** Threads of onnxruntime-web; more than one needs cross-origin isolation. */
  readonly wasmThreads?: number
  /** Native bindings that the thread which started this one has loaded. */
  readonly loaded?: readonly string[]
}

export interface Numbered {
  readonly number: number
  readonly request: Request
}

export type Answer =
  | { readonly number: number; readonly ok: true; readonly value: unknown }
  | { readonly number: number; readonly ok: false; readonly error: ErrorData }

export interface ErrorData {
  readonly message: string
  readonly code: string
  readonly details: Readonly<Record<string, unknown>>
}

/** An error as data; `code` is `ort` for errors that ONNX Runtime threw. */
export function errorToData(error: unknown): ErrorData {
  if (error instanceof EngineError) {
    return { message: error.message, code: error.code, details: error.details }
  }
  return { message: error instanceof Error ? error.message : String(error), code: 'ort', details: {} }
}

/** Feeds whose arrays own their whole buffer, so that they can be transferred without taking the caller's. */
export function detachable(feeds: Feeds): { feeds: Feeds; transfer: ArrayBuffer[] } {
  const copies: Record<string, Feeds[string]> = {}
  for (const [name, tensor] of Object.entries(feeds)) {
    copies[name] = tensor.dtype === 'string' ? tensor : { ...tensor, data: tensor.data.slice() }
  }
  return { feeds: copies, transfer: buffersOf(copies) }
}

/** The buffers of outputs, each once. */
export function buffersOf(tensors: Outputs): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>()
  for (const { data } of Object.values(tensors)) {
    if ('buffer' in data && data.buffer instanceof ArrayBuffer) buffers.add(data.buffer)
  }
  return [...buffers]
}
