// Opens an encoder and decoder of a transformers.js folder with the installed @huggingface/transformers, each session in the
// dtype that config.json names, and lets it write a few tokens. Argument: { folder, name, ids, tokens }; prints the dtype of
// each session and the tokens.
import { AutoModelForSeq2SeqLM, env, Tensor } from '@huggingface/transformers'

const { folder, name, ids, tokens } = JSON.parse(process.argv[2])
env.allowRemoteModels = false
env.localModelPath = folder
const model = await AutoModelForSeq2SeqLM.from_pretrained(name, { local_files_only: true })
const row = values => new Tensor('int64', BigInt64Array.from(values.map(BigInt)), [1, values.length])
const written = await model.generate({
  inputs: row(ids),
  attention_mask: row(ids.map(() => 1)),
  max_new_tokens: tokens,
})
const dtypes = Object.fromEntries(
  Object.entries(model.sessions).map(([session, { config }]) => [session, config.dtype]),
)
process.stdout.write(JSON.stringify({ dtypes, tokens: written.tolist()[0].map(Number) }))
await model.dispose()
