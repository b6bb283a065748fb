// After a variant was written into a transformers.js folder: config.json and quantize_config.json are brought up to date.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  amendFolder,
  DamsonError,
  dtypeOf,
  isTwin,
  parseVariant,
  splitVariant,
  type Model,
  type Step,
} from '@damson/core'
import type { ValueInfo } from '@damson/graph'
import { quantizeConfig } from './quantize-config.ts'
import { isJson, transformersConfig, type FolderFacts } from './transformers-config.ts'

export interface WrittenVariant {
  /** As `save` took it. */
  readonly variant: string
  readonly steps: readonly Step[]
  /** The model that was written. */
  readonly model: Model
}

export interface Described {
  /** Files that were written anew. */
  readonly amended: readonly string[]
  /** Whether there is a config.json, without which transformers.js opens nothing. None is made up. */
  readonly configured: boolean
}

/** Updates both files where something changes. */
export async function describeFolder(folder: string, written: WrittenVariant): Promise<Described> {
  const facts = await factsOf(folder, written)
  const config = await readJson(folder, 'config.json')
  const wanted = dtypeToOpen(written, facts, config)
  const after =
    config && transformersConfig(config, { ...facts, ...(wanted === undefined ? {} : { dtype: wanted }) })
  const quantize = await readJson(folder, 'quantize_config.json')
  const dtypes = dtypesOf(written)
  const settings = dtypes.every(dtype => dtype === 'fp32')
    ? quantize
    : quantizeConfig(quantize, dtypes, written.steps)
  const texts = new Map([
    ...changed('config.json', config, after, 2),
    ...changed('quantize_config.json', quantize, settings, 4),
  ])
  if (texts.size > 0) await amendFolder(folder, texts)
  return { amended: [...texts.keys()], configured: config !== undefined }
}

function changed(
  path: string,
  before: unknown,
  after: unknown,
  indent: number,
): readonly (readonly [string, string])[] {
  return JSON.stringify(before) === JSON.stringify(after)
    ? []
    : [[path, `${JSON.stringify(after, undefined, indent)}\n`]]
}

/** The dtypes of the model's sessions in the variant. */
function dtypesOf({ variant, model }: WrittenVariant): readonly string[] {
  return [...new Set([...model.parts.keys()].map(session => dtypeOf(session, variant)))]
}

/** One dtype a session is written down; a single one only where nothing else would open: no fp32 files and no choice yet. */
function dtypeToOpen(
  { variant, model }: WrittenVariant,
  { files }: FolderFacts,
  config: unknown,
): FolderFacts['dtype'] {
  const { sessions, others } = parseVariant(variant)
  if (sessions.size > 0)
    return Object.fromEntries([...model.parts.keys()].map(session => [session, dtypeOf(session, variant)]))
  const settings = isJson(config) ? config['transformers.js_config'] : undefined
  const chosen = isJson(settings) && settings['dtype'] !== undefined
  const hasFloats = [...model.parts.keys()].every(session => files.has(`${session}.onnx`))
  return chosen || hasFloats ? undefined : others
}

async function factsOf(folder: string, { variant, model }: WrittenVariant): Promise<FolderFacts> {
  const names = await readdir(join(folder, 'onnx'))
  const files = names
    .filter(name => name.endsWith('.onnx') && !isTwin(name, names))
    .map(name => {
      const dataFiles = names.filter(
        other => other === `${name}_data` || other.startsWith(`${name}_data_`),
      ).length
      return [name, { session: splitVariant(name.slice(0, -'.onnx'.length)).session, dataFiles }] as const
    })
  const halfCaches = [...model.parts.values()]
    .filter(({ graph }) => graph.requiredInputs().some(isHalfCache))
    .map(({ name }) => dtypeOf(name, variant))
  return { files: new Map(files), halfCaches: [...new Set(halfCaches)] }
}

function isHalfCache({ name, type }: ValueInfo): boolean {
  return /^past/.test(name) && type?.kind === 'tensor' && type.dtype === 'float16'
}

async function readJson(
  folder: string,
  path: string,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const text = await readFile(join(folder, path), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    if (isJson(value)) return value
    throw new Error('it is no object')
  } catch (cause) {
    throw new DamsonError(
      'invalid-config',
      `Expected an object as JSON in "${join(folder, path)}": ${String(cause)}.`,
      { cause },
    )
  }
}
