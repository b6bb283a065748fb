// Where the files of a model lie. Pure path logic: which files of a folder are parts, what the parts are called, and what
// a part's file is called when it is written. The conventions are those of optimum, diffusers and transformers.js.
import { DamsonError } from '@damson/graph'
import type { Layout } from './model.ts'
import { dtypeOf, parseVariant, splitVariant, variantSuffixes } from './variants.ts'

export interface FoundPart {
  readonly name: string
  /** The file as it lies there. */
  readonly file: string
  /** The file without variant suffix. */
  readonly path: string
}

export interface FoundLayout {
  readonly layout: Layout
  readonly parts: readonly FoundPart[]
  /** ONNX files of other variants: neither parts nor carried files. */
  readonly variants: readonly string[]
}

/** Finds the parts of a folder. Throws `no-model` or `unknown-variant` with what there is. */
export function findParts(files: readonly string[], folder: string, variant?: string): FoundLayout {
  const models = files.filter(path => path.endsWith('.onnx') && !isTwin(path, files))
  const inOnnx = models.filter(path => /^onnx\/[^/]+\.onnx$/.test(path))
  if (inOnnx.length > 0) return findVariants(inOnnx, folder, variant)
  if (variant !== undefined) throw unknownVariant(variant, folder, [])
  const parts = models
    .filter(path => path.split('/').length <= 2)
    .map(file => ({ name: partName(file), file, path: file }))
  if (parts.length === 0) {
    throw new DamsonError(
      'no-model',
      `Expected .onnx files in "${folder}" (model.onnx, unet/model.onnx, onnx/model.onnx …), found none among ` +
        `${files.length} files. Pass the folder that holds the model, or an .onnx file.`,
    )
  }
  return { layout: 'folder', parts, variants: [] }
}

function findVariants(files: readonly string[], folder: string, variant = 'fp32'): FoundLayout {
  const found = files.map(file => ({ file, ...splitVariant(file.slice('onnx/'.length, -'.onnx'.length)) }))
  const sessions = [...new Set(found.map(each => each.session))]
  const unknown = [...parseVariant(variant).sessions.keys()].find(session => !sessions.includes(session))
  if (unknown !== undefined) throw unknownSession(unknown, folder, sessions)
  const chosen = found.filter(each => each.variant === dtypeOf(each.session, variant))
  if (chosen.length === 0)
    throw unknownVariant(variant, folder, [...new Set(found.map(each => each.variant))])
  const missing = sessions.filter(session => !chosen.some(each => each.session === session))
  if (missing.length > 0) {
    throw new DamsonError(
      'incomplete-variant',
      `Expected every session of "${folder}" as ${variant}, but ${missing.join(', ')} ` +
        `${missing.length === 1 ? 'has' : 'have'} no such file. Choose another variant or add the file.`,
    )
  }
  const parts = chosen.map(({ file, session }) => ({ name: session, file, path: `onnx/${session}.onnx` }))
  return {
    layout: 'transformers.js',
    parts,
    variants: files.filter(file => !chosen.some(each => each.file === file)),
  }
}

function unknownVariant(variant: string, folder: string, present: readonly string[]): DamsonError {
  const there = present.length === 0 ? 'it has no variants (no onnx/ folder)' : `it has ${present.join(', ')}`
  return new DamsonError('unknown-variant', `Expected a variant of "${folder}", got "${variant}"; ${there}.`)
}

function unknownSession(session: string, folder: string, sessions: readonly string[]): DamsonError {
  return new DamsonError(
    'unknown-variant',
    `Expected one of the sessions ${sessions.join(', ')} of "${folder}", got "${session}".`,
  )
}

/** `unet/model.onnx` is `unet`, `decoder_model.onnx` is `decoder_model`. */
function partName(file: string): string {
  const [first, second] = file.split('/')
  const stem = (second ?? first ?? file).replace(/\.onnx$/, '')
  return second === undefined ? stem : stem === 'model' ? (first ?? stem) : `${first}/${stem}`
}

/** Where a part's file goes: with the variant's suffix in a transformers.js layout. */
export function fileOfPart(path: string, layout: Layout, variant: string | undefined): string {
  if (layout !== 'transformers.js') return path
  const stem = path.slice(path.lastIndexOf('/') + 1).replace(/\.onnx$/, '')
  return path.replace(/\.onnx$/, `${variantSuffixes[dtypeOf(stem, variant)] ?? ''}.onnx`)
}

/** Where the graph without ports stands, beside the one that has them: `unet/model.ungated.onnx`. */
export function twinPath(path: string): string {
  return path.replace(/\.onnx$/, '.ungated.onnx')
}

/** Whether a file is the twin of another one that is there. */
export function isTwin(path: string, files: readonly string[]): boolean {
  return path.endsWith('.ungated.onnx') && files.includes(path.replace(/\.ungated\.onnx$/, '.onnx'))
}

/** The name of the file that keeps what damson knows of a saved model. */
export function recordPath(layout: Layout, name: string, variant: string | undefined): string {
  if (layout === 'file') return `${name.replace(/\.onnx$/, '')}.damson.json`
  return layout === 'transformers.js' && variant !== undefined ? `damson.${variant}.json` : 'damson.json'
}
