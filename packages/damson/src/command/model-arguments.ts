// Models on the command line: an .onnx file or a model folder, with the algorithms that replay what damson saved.
import { load, type AnyAlgorithm, type Model } from '@damson/core'
import type { Comparable } from '../compare/compare-models.node.ts'
import { pathIn } from './places.ts'
import type { Terminal } from './terminal.ts'

export interface ModelOptions {
  readonly variant?: string | undefined
  readonly algorithms: readonly AnyAlgorithm[]
}

/** Loads the model of an argument. */
export async function loadArgument(
  path: string,
  options: ModelOptions,
  { cwd, signal }: Terminal,
): Promise<Model> {
  const variant = options.variant === undefined ? {} : { variant: options.variant }
  return load(pathIn(cwd, path), { algorithms: options.algorithms, signal, ...variant })
}

/** A model with the place where another process finds it. */
export function comparable(
  model: Model,
  path: string,
  variant: string | undefined,
  modules: readonly string[],
  cwd: string,
): Comparable {
  return { model, place: { path: pathIn(cwd, path), modules, ...(variant === undefined ? {} : { variant }) } }
}
