// Texts as vectors: an encoder, its states of a text made one, and the length made 1 where that is wanted.
import type { Feeds, Model, Part } from '@damson/core'
import { DamsonError } from '@damson/graph'
import type { RecordedRun } from '@damson/runtime'
import { tokenFeeds } from './generation/token-feeds.ts'
import { pooled, saidPooling, statesOf, unit, type Pooling } from './embedding/pooling.ts'
import { rowsTogether } from './generation/row-groups.ts'
import { numberIn, readJsonFile, readTextFile } from './model-files.ts'
import { ownParts } from './own-parts.ts'
import { openPipeline, type Pipeline, type PipelineOptions } from './pipeline.ts'
import { floatTensor, type FloatTensor } from './tensors.ts'
import { findTextTokenizer, requireTokenizer, type TextTokenizer } from './text/text-tokenizer.ts'

export interface EmbedInput {
  /** One text or several, or token ids of each in `tokens`. */
  readonly text?: string | readonly string[]
  /** Instead of texts: one row of ids a text, with its special tokens. */
  readonly tokens?: readonly (readonly number[])[]
  /** Texts that are run at once, at most. Default 32. */
  readonly batch?: number
  readonly signal?: AbortSignal
}

export interface EmbedResult {
  /** [texts, width] */
  readonly embeddings: FloatTensor
}

export interface EmbedOptions extends PipelineOptions {
  /** Default the `tokenizer.json` of the model's folder. */
  readonly tokenizer?: TextTokenizer
  /** Default what `1_Pooling/config.json` says, or `mean`; a graph that gives one vector a text pools by itself. */
  readonly pooling?: Pooling
  /** Vectors of length 1. Default true where `modules.json` has a module for it, else false. */
  readonly normalize?: boolean
}

export type Embed = Pipeline<EmbedInput, EmbedResult>

const defaultBatch = 32

/** An embedding pipeline of a text encoder. Throws `no-encoder` for models that take no tokens. */
export async function embed(model: Model, options: EmbedOptions = {}): Promise<Embed> {
  const encoder = await openEncoder(model, options)
  return openPipeline<EmbedInput, EmbedResult>(model, options, async (begin, input) => {
    const rows = rowsOf(input, encoder)
    const { batch = defaultBatch, signal } = input
    if (!Number.isInteger(batch) || batch < 1)
      throw new DamsonError('input', `Expected a batch of 1 or more, got ${batch}.`)
    const vectors = new Map<number, Float32Array>()
    for (const group of rowsTogether(rows, encoder.pads, batch)) {
      signal?.throwIfAborted()
      const run = begin({ batch: group.length, ...(signal ? { signal } : {}) })
      const pooled = await encodeRows(
        encoder,
        run,
        group.map(row => rows[row] ?? []),
      )
      for (const [i, row] of group.entries()) vectors.set(row, pooled[i] ?? new Float32Array(0))
    }
    const width = vectors.get(0)?.length ?? 0
    const data = new Float32Array(rows.length * width)
    for (const [row, vector] of vectors) data.set(encoder.normalize ? unit(vector) : vector, row * width)
    return { embeddings: floatTensor([rows.length, width], data) }
  })
}

interface Encoder {
  readonly part: Part
  readonly output: string
  readonly tokenizer: TextTokenizer | undefined
  readonly pooling: Pooling | undefined
  readonly normalize: boolean
  /** Rows of different lengths may stand in a batch. */
  readonly pads: boolean
  readonly most: number
}

async function openEncoder(model: Model, options: EmbedOptions): Promise<Encoder> {
  const takes = (part: Part, name: string): boolean =>
    part.graph.requiredInputs().some(input => input.name === name)
  const part = [...ownParts(model).values()].find(each => takes(each, 'input_ids'))
  if (!part) {
    throw new DamsonError(
      'no-encoder',
      `Expected a part that takes input_ids, got ${[...model.parts.keys()].join(', ')}. Load the model of a text encoder.`,
    )
  }
  const tokenizer = options.tokenizer ?? (await findTextTokenizer(model))
  const { output, pools } = outputOf(part, options.pooling)
  const config = await readJsonFile(model, 'config.json')
  const modules = await readTextFile(model, 'modules.json')
  return {
    ...{ part, output, tokenizer, pads: takes(part, 'attention_mask') },
    pooling: pools ? undefined : (options.pooling ?? (await saidPooling(model)) ?? 'mean'),
    normalize: options.normalize ?? modules?.includes('.Normalize"') ?? false,
    most: Math.min(tokenizer?.most ?? Infinity, numberIn(config, 'max_position_embeddings') ?? Infinity),
  }
}

/** The states of all tokens, or, unless pooling is asked for, one vector a text where a graph names it so. */
function outputOf(
  { graph, name }: Part,
  pooling: Pooling | undefined,
): { readonly output: string; readonly pools: boolean } {
  const rank = (wanted: number): readonly string[] =>
    graph.outputs
      .filter(({ type }) => type?.kind === 'tensor' && type.shape?.length === wanted)
      .map(each => each.name)
  const [vectors, states] = [rank(2), rank(3)]
  const own = vectors.find(each => each === 'sentence_embedding')
  if (own !== undefined && pooling === undefined) return { output: own, pools: true }
  const usual = ['last_hidden_state', 'token_embeddings'].find(each => states.includes(each)) ?? states[0]
  if (usual !== undefined) return { output: usual, pools: false }
  const [only] = vectors
  if (only !== undefined && pooling === undefined) return { output: only, pools: true }
  throw new DamsonError(
    'no-encoder',
    `Expected an output of ${name} with the states of all tokens, got ${graph.outputs.map(each => each.name).join(', ')}. Leave pooling out, or export the model with last_hidden_state.`,
  )
}

function rowsOf({ text, tokens }: EmbedInput, { tokenizer, most }: Encoder): readonly (readonly number[])[] {
  const texts = text === undefined ? [] : typeof text === 'string' ? [text] : text
  const rows = tokens ?? texts.map(each => cut(requireTokenizer(tokenizer).encode(each), most))
  if (rows.length > 0 && rows.every(({ length }) => length > 0)) return rows
  throw new DamsonError('input', 'Expected a text, or tokens with at least one id in each row, got none.')
}

/** Long texts are cut before their last token, which is often a special one. */
function cut(ids: readonly number[], most: number): readonly number[] {
  return ids.length > most ? [...ids.slice(0, most - 1), ids.at(-1) ?? 0] : ids
}

async function encodeRows(
  { part, output, tokenizer, pooling }: Encoder,
  run: RecordedRun,
  rows: readonly (readonly number[])[],
): Promise<readonly Float32Array[]> {
  const longest = Math.max(...rows.map(({ length }) => length))
  const filled = (row: readonly number[], value: number): readonly number[] =>
    Array.from({ length: longest }, (_, i) => row[i] ?? value)
  const ids = rows.map(row => filled(row, tokenizer?.pad ?? 0))
  const mask = rows.map(row =>
    filled(
      row.map(() => 1),
      0,
    ),
  )
  const feeds: Feeds = tokenFeeds({ part, ids, mask, cache: {}, beside: {} })
  const states = statesOf(await run(part.name, feeds), output)
  return rows.map((row, i) => (pooling ? pooled(states, i, row.length, pooling) : states.row(i, 0, 1)))
}
