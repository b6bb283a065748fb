// What this package asks of an ONNX Runtime for JavaScript. Structural, so that onnxruntime-node, onnxruntime-web and a
// copy that the caller brings are all alike, and so that none of them has to be installed for types to resolve.
import { EngineError } from '../engine/engine-error.ts'

export interface OrtTensor {
  readonly type: string
  readonly dims: readonly number[]
  /** Throws where the tensor is not on the CPU. */
  readonly data: unknown
  readonly location?: string
  /** Brings the elements to the CPU. */
  getData?(): Promise<unknown>
  dispose?(): void
}

export interface OrtValueMetadata {
  readonly name: string
  readonly isTensor?: boolean
  readonly type?: string
  readonly shape?: readonly (number | string)[]
}

export interface OrtSession {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  readonly inputMetadata?: readonly OrtValueMetadata[]
  readonly outputMetadata?: readonly OrtValueMetadata[]
  run(
    feeds: Readonly<Record<string, OrtTensor>>,
    fetches: readonly string[],
  ): Promise<Record<string, OrtTensor>>
  release(): Promise<void>
}

export interface OrtModule {
  readonly InferenceSession: {
    create(model: string | Uint8Array, options: Readonly<Record<string, unknown>>): Promise<OrtSession>
  }
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => OrtTensor
  readonly env: {
    readonly versions?: Readonly<Record<string, string | undefined>>
    readonly wasm?: { wasmPaths?: string; numThreads?: number }
    logLevel?: string
  }
  readonly listSupportedBackends?: () => readonly { readonly name: string }[]
}

/** Reads an imported or injected module. Throws `runtime-invalid` when it is not an ONNX Runtime. */
export function readOrtModule(value: unknown): OrtModule {
  const found = isOrtModule(value) ? value : isObject(value) && 'default' in value ? value.default : undefined
  if (isOrtModule(found)) return found
  throw new EngineError(
    'runtime-invalid',
    'Expected an ONNX Runtime module with InferenceSession, Tensor and env; got something else. ' +
      "Pass what `import * as ort from 'onnxruntime-node'` (or 'onnxruntime-web') gives.",
  )
}

/** Stops it writing to stderr; what it has to say is in the errors that it throws, too. */
export function quiet(ort: OrtModule): OrtModule {
  ort.env.logLevel = 'fatal'
  return ort
}

/** Tells onnxruntime-web where its files are and how many threads it may use, before its first session. */
export function setUpWasm(
  ort: OrtModule,
  { wasmPaths, wasmThreads = 1 }: { readonly wasmPaths?: string; readonly wasmThreads?: number },
): OrtModule {
  const { wasm } = ort.env
  if (wasm && wasmPaths !== undefined) wasm.wasmPaths = wasmPaths
  if (wasm) wasm.numThreads = wasmThreads
  return ort
}

/** Version of the module: that of its native or web part, else of its common part. */
export function ortVersion(ort: OrtModule): string {
  const versions = ort.env.versions ?? {}
  return versions['node'] ?? versions['web'] ?? versions['common'] ?? 'unknown'
}

function isOrtModule(value: unknown): value is OrtModule {
  return isObject(value) && 'InferenceSession' in value && 'Tensor' in value && 'env' in value
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}
