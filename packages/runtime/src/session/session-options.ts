// From damson's session options and target to what ONNX Runtime for JavaScript takes.
import type { SessionOptions, Target } from '@damson/core'
import type { OrtSessionOptions } from '../engine/engine.ts'
import type { OrtChoice } from '../engine/message.ts'

/** Severity 4, fatal: what ONNX Runtime writes to stderr is in the errors that it throws, too, and libraries never print. */
const fatalOnly = 4

/** Which ONNX Runtime serves a target on a platform. */
export function moduleFor(target: Target, platform: 'node' | 'web'): OrtChoice['module'] {
  if (platform === 'web') return target === 'webgpu' ? 'webgpu' : 'web'
  return target === 'wasm' ? 'web' : 'node'
}

/** Options of a session; what the caller gives wins over what the target implies. */
export function ortOptions(
  target: Target,
  module: OrtChoice['module'],
  session: SessionOptions,
): OrtSessionOptions {
  const { config, executionProviders = providersFor(target, module), ...plain } = session
  const extra = config && Object.keys(config).length > 0 ? { extra: config } : {}
  return { logSeverityLevel: fatalOnly, ...plain, executionProviders, ...extra }
}

/** The later options win, key by key; `config` and `freeDimensionOverrides` are merged. */
export function mergeSessionOptions(...all: readonly (SessionOptions | undefined)[]): SessionOptions {
  let merged: SessionOptions = {}
  for (const options of all) {
    if (!options) continue
    const config = { ...merged.config, ...options.config }
    const freeDimensionOverrides = { ...merged.freeDimensionOverrides, ...options.freeDimensionOverrides }
    merged = {
      ...merged,
      ...options,
      ...(Object.keys(config).length > 0 ? { config } : {}),
      ...(Object.keys(freeDimensionOverrides).length > 0 ? { freeDimensionOverrides } : {}),
    }
  }
  return merged
}

function providersFor(target: Target, module: OrtChoice['module']): readonly string[] {
  if (target === 'webgpu' || target === 'cuda') return [target]
  return [module === 'node' ? 'cpu' : 'wasm']
}
