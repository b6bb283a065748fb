// CLIP's tokenizer from `vocab.json` and `merges.txt`, as a `tokenizer.json` would describe it: lower case, byte pairs that
// end in </w>, a start and an end token.
import { isJson, type Json } from '../model-files.ts'

const pattern = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"

/** The definition that `@huggingface/tokenizers` reads. */
export function clipTokenizer(vocabulary: Json, merges: string, config: Json): Json {
  const token = (key: string, standard: string): string => {
    const value = config[key]
    const text = isJson(value) ? value['content'] : value
    return typeof text === 'string' ? text : standard
  }
  const [begin, end] = [token('bos_token', '<|startoftext|>'), token('eos_token', '<|endoftext|>')]
  const special = (content: string): Json => ({
    ...{ id: vocabulary[content], content, special: true },
    ...{ single_word: false, lstrip: false, rstrip: false, normalized: false },
  })
  return {
    version: '1.0',
    added_tokens: [special(begin), special(end)],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: pattern }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      ...{ sep: [end, vocabulary[end]], cls: [begin, vocabulary[begin]] },
      ...{ trim_offsets: false, add_prefix_space: false },
    },
    decoder: null,
    model: {
      type: 'BPE',
      ...{ dropout: null, unk_token: end, continuing_subword_prefix: '', end_of_word_suffix: '</w>' },
      vocab: vocabulary,
      merges: merges.split('\n').filter(line => line.trim() !== '' && !line.startsWith('#version')),
    },
  }
}
