// What the command writes is plain ONNX: it opens in onnxruntime-node, in @huggingface/transformers, and in a new process of
// ours, and gives the same outputs everywhere.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { variantSuffixes } from '@damson/core'
import { describe, expect, test } from 'vitest'
import { presets } from '../src/presets.ts'
import { folderWith } from './model-folders.ts'
import { damson } from './run-command.ts'
import { runProgram } from './spawn-command.ts'

const ids = (data: readonly number[]) => ({ dtype: 'int64', shape: [2, 6], data })
const feeds = {
  input_ids: ids([2, 17, 5, 40, 9, 3, 2, 8, 8, 31, 3, 0]),
  attention_mask: ids([1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]),
  token_type_ids: ids([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0]),
}

describe('a saved model', { timeout: 120_000 }, () => {
  test.each(['weight-only', 'weight-only:bits=8,symmetric=true', 'dynamic-int8'])('%s', async step => {
    const folder = await folderWith('fixtures/bert-tiny-ts/model.onnx', 'bert.onnx')
    const args = ['smash', 'bert.onnx', '--with', step, '-o', 'small.onnx', '--no-verify']
    expect(await damson(folder, ...args)).toMatchObject({ code: 0 })
    const file = join(folder, 'small.onnx')
    const plain = await runProgram('run-plain.mjs', { file, feeds })
    expect(plain).toMatchObject({ last_hidden_state: [[2, 6, expect.any(Number)], expect.any(String)] })
    expect(await runProgram('run-saved.mjs', { file, feeds })).toEqual(plain)
    const original = await runProgram('run-plain.mjs', { file: join(folder, 'bert.onnx'), feeds })
    expect(plain).not.toEqual(original)
  })
})

/** The file name suffix of a dtype, as transformers.js has it. */
const suffixOf = (dtype: string): string => variantSuffixes[dtype] ?? `no suffix of ${dtype}`

describe('variants of a transformers.js folder', { timeout: 300_000 }, () => {
  test('every preset opens in @huggingface/transformers as its dtype', async () => {
    const folder = await folderWith('fixtures/bert-tiny-ts', 'source')
    const dtypes = Object.keys(presets)
    const args = ['smash', 'source/model.onnx', '--preset', dtypes.join(','), '-o', 'bert', '--no-verify']
    expect(await damson(folder, ...args)).toMatchObject({ code: 0 })
    for (const dtype of dtypes) {
      const file = join(folder, `bert/onnx/model${suffixOf(dtype)}.onnx`)
      const opened = await runProgram('run-transformers.mjs', { folder, name: 'bert', dtype, feeds })
      expect(opened, dtype).toEqual(await runProgram('run-plain.mjs', { file, feeds }))
    }
  })
  test('without a dtype it opens what config.json names', async () => {
    const folder = await folderWith('fixtures/bert-tiny-ts', 'source')
    const args = ['smash', 'source', '--preset', 'q4@model', '-o', 'bert', '--no-verify']
    expect(await damson(folder, ...args)).toMatchObject({ code: 0 })
    const opened = await runProgram('run-transformers.mjs', { folder, name: 'bert', feeds })
    const file = join(folder, 'bert/onnx/model_q4.onnx')
    expect(opened).toEqual(await runProgram('run-plain.mjs', { file, feeds }))
  })
  test('a dtype for each session is found by config.json', async () => {
    const folder = await folderWith('fixtures/t5-tiny', 't5')
    for (const other of ['decoder_model', 'decoder_with_past_model'])
      await rm(join(folder, `t5/${other}.onnx`))
    const args = ['--preset', 'q8@encoder_model,q4@decoder_model_merged', '-o', 'mixed', '--no-verify']
    expect(await damson(folder, 'smash', 't5', ...args)).toMatchObject({ code: 0 })
    const opened = await runProgram('run-seq2seq.mjs', {
      folder,
      name: 'mixed',
      ids: [5, 6, 7, 1],
      tokens: 4,
    })
    expect(opened).toEqual({
      // transformers.js calls the session of encoder_model "model".
      dtypes: { model: 'q8', decoder_model_merged: 'q4' },
      tokens: expect.arrayContaining([expect.any(Number)]),
    })
  })
})
