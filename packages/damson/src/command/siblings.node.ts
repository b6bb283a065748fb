// A model file that is given alone usually lies beside its configuration and tokenizer. A folder that is made from it takes
// those along, by their names: whatever else lies there is not the model's.
import { basename, dirname } from 'node:path'
import { openFolder, type Source } from '@damson/graph'

/** What transformers.js reads beside a model. */
const names = [
  'config.json', 'generation_config.json', 'tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json',
  'added_tokens.json', 'vocab.json', 'vocab.txt', 'merges.txt', 'spiece.model', 'tokenizer.model',
  'sentencepiece.bpe.model', 'preprocessor_config.json', 'processor_config.json', 'video_preprocessor_config.json',
  'chat_template.jinja', 'chat_template.json',
] // prettier-ignore

/** The files that belong to a model file, by name: those beside it, or above its folder when that is `onnx`. */
export async function siblingsOf(file: string): Promise<ReadonlyMap<string, Source>> {
  const beside = dirname(file)
  const folder = openFolder(basename(beside) === 'onnx' ? dirname(beside) : beside)
  const found = new Map<string, Source>()
  for (const name of names) {
    const source = await folder.open(name)
    if (source) found.set(name, source)
  }
  return found
}
