// quantize_config.json as the conversion script of transformers.js wrote it (scripts/convert.py, until version 4): the
// modes that lie in the folder, and the settings of the quantizers. Null stands for what no step decided.
import type { Step } from '@damson/core'
import { isJson } from './transformers-config.ts'

type Json = Readonly<Record<string, unknown>>

/** Names of the modes in the order of that script. */
const modes = ['fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4', 'q2', 'q2f16', 'q1', 'q1f16']

/** The file's content after more variants were written; settings that stand there stay. */
export function quantizeConfig(before: unknown, dtypes: readonly string[], steps: readonly Step[]): Json {
  const known = isJson(before) ? before : {}
  const there = Array.isArray(known['modes']) ? known['modes'].map(String) : []
  const all = new Set([...there, ...dtypes.filter(dtype => modes.includes(dtype))])
  const rank = (mode: string): number => (modes.includes(mode) ? modes.indexOf(mode) : modes.length)
  return {
    ...settingsOf(steps),
    ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== null)),
    modes: [...all].sort((a, b) => rank(a) - rank(b)),
  }
}

function settingsOf(steps: readonly Step[]): Json {
  const paramsOf = (tail: string): Json | undefined =>
    steps.find(({ algorithm }) => algorithm.id.endsWith(`/${tail}`))?.params
  const int8 = paramsOf('dynamic-int8')
  const blocks = paramsOf('weight-only')
  const signs = paramsOf('binary')
  const bnb4 = paramsOf('bnb4')
  return {
    modes: [],
    per_channel: int8 ? int8['per'] === 'channel' : null,
    reduce_range: int8 ? int8['reduceRange'] === true : null,
    block_size: blocks?.['blockSize'] ?? signs?.['blockSize'] ?? bnb4?.['blockSize'] ?? null,
    is_symmetric: blocks ? blocks['symmetric'] === true : signs ? true : null,
    accuracy_level:
      blocks && typeof blocks['accuracyLevel'] === 'number' && blocks['accuracyLevel'] > 0
        ? blocks['accuracyLevel']
        : null,
    quant_type: bnb4 ? (bnb4['type'] === 'fp4' ? 0 : 1) : null,
    op_block_list: null,
  }
}
