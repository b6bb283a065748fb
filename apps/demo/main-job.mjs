// The main job on the embedded text-to-image model: simplified and fused, the text encoder in dynamic int8, the U-Net in 4 bits
// and run at a quarter of the steps, which ones it learns from the prompts of `prompts.jsonl`; verified, with the plan, the
// table of before and after, and pictures of both side by side. The model lies in `out/emoji` at the root of the repository,
// the pictures in `out/emoji.png`.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const manifest = createRequire(import.meta.url).resolve('damson/package.json')
const command = join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.damson)
const model = fileURLToPath(new URL('models/emoji-unet', import.meta.url))
const out = fileURLToPath(new URL('../../out/emoji', import.meta.url))

const lessons = fileURLToPath(new URL('prompts.jsonl', import.meta.url))
const steps = [
  ...['simplify', 'fuse', 'dynamic-int8@text_encoder', 'weight-only:bits=4@unet'],
  'auto-cache:speedFactor=0.25@unet',
]
const prompts = ['red apple', 'pizza', 'panda face', 'grinning face', 'strawberry', 'koala']
const args = [
  ...[command, 'smash', model, '-o', out, ...steps.flatMap(step => ['--with', step])],
  ...['--samples', lessons, '--steps', '20', '--guidance', '4', '--pictures', `${out}.png`],
  ...prompts.flatMap(text => ['--prompt', text]),
  ...process.argv.slice(2),
]
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
process.exitCode = status ?? 1
