// Runs a code block as a reader would: as a file of its own, in a folder with the files that it names, on the packages
// of this workspace.
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { built, nodeArguments } from '@damson/config/node'
import { requireZoo } from '@damson/zoo'
import { programOf, type CodeBlock } from './code-blocks.ts'

/** Inside this package, so that the programs find the packages that it depends on. */
const blocks = fileURLToPath(new URL('../.blocks/', import.meta.url))

/** Blocks are TypeScript, on built packages too. */
const ofNode = built ? ['--import', import.meta.resolve('tsx')] : nodeArguments()

/** Throws what the program threw. */
export async function runBlock(block: CodeBlock): Promise<void> {
  await mkdir(blocks, { recursive: true })
  const folder = await mkdtemp(join(blocks, 'block-'))
  try {
    for (const [name, path] of block.files) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await cp(requireZoo(path), join(folder, name), { recursive: true })
    }
    const program = join(folder, `program.${block.language === 'js' ? 'mjs' : 'mts'}`)
    await writeFile(program, programOf(block))
    await promisify(execFile)(process.execPath, [...ofNode, program], { cwd: folder })
  } finally {
    await rm(folder, { recursive: true })
  }
}
