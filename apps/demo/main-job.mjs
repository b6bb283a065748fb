// The main job on the embedded text-to-image model: the text encoder in dynamic int8, the U-Net in 4 bits, the
// rest untouched; verified, with the plan and the table of before and after. The result lies in `out/emoji` at the
// root of the repository.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const manifest = createRequire(import.meta.url).resolve('damson/package.json')
const command = join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin.damson)
const model = fileURLToPath(new URL('models/emoji-unet', import.meta.url))
const out = fileURLToPath(new URL('../../out/emoji', import.meta.url))

const steps = ['--with', 'dynamic-int8@text_encoder', '--with', 'weight-only:bits=4@unet']
const args = [command, 'smash', model, ...steps, '-o', out, ...process.argv.slice(2)]
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
process.exitCode = status ?? 1
