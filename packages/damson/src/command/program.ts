// The grammar of the command: subcommands, options, examples. Each subcommand is a function in a file of its own, loaded
// when it is asked for: most of the time of a short command is the loading of modules.
import { Command, Option } from 'commander'
import type { Model } from '@damson/core'
import { collect, dimension, number, wholeNumber, withPictures, type PictureFlags } from './arguments.ts'
import type { CompareArguments } from './compare.ts'
import { exitCodes } from './exit-codes.ts'
import { loadArgument } from './model-arguments.ts'
import { moduleUrls } from './files.node.ts'
import type { GenerateArguments } from './generate.ts'
import { reportError } from './report-error.ts'
import { algorithmsOf, type StepOptions } from './steps.ts'
import type { Terminal } from './terminal.ts'
import { wantedOf } from './wanted.ts'

/** Runs the command and gives its exit code; every error ends here, as text or, with --json, as a document. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<number> {
  let code: number = exitCodes.done
  const program = createProgram(terminal, value => {
    code = value
  })
  try {
    await program.parseAsync([...args], { from: 'user' })
    return code
  } catch (error) {
    return reportError(error, args.includes('--json'), terminal)
  }
}

const sampleFormats =
  'samples: .jsonl (tensors, or prompts to record), .npz, .safetensors, or a folder of them or of .npy; made up without'

function createProgram(terminal: Terminal, exit: (code: number) => void): Command {
  const program = new Command('damson')
    .description('Makes ONNX models smaller and faster, and proves what that cost.')
    .exitOverride()
    .configureOutput({
      writeOut: text => terminal.out(text.trimEnd()),
      writeErr: text => terminal.note(text.trimEnd()),
    })
    .showHelpAfterError('(damson --help shows what there is)')
    .addHelpText('after', exampleText(Object.values(examples).flatMap(([first = '']) => [first])))
  addInspect(program, terminal)
  addPlan(program, terminal, exit)
  addSmash(program, terminal, exit)
  addCompare(program, terminal, exit)
  addGenerate(program, terminal, exit)
  addAlgorithms(program, terminal)
  for (const command of program.commands) {
    const steps = command.options.some(({ long }) => long === '--with') ? '; a step is given with --with' : ''
    command
      .showHelpAfterError(`(damson ${command.name()} --help shows what it takes${steps})`)
      .addHelpText('after', exampleText(examples[command.name()] ?? []))
  }
  return program
}

const examples: Readonly<Record<string, readonly string[]>> = {
  inspect: [
    'damson inspect ./emoji',
    'damson inspect ./bert --variant q4 --json',
    'damson inspect model.onnx --fp16 --samples samples.npz',
    'damson inspect model.onnx --rules attention,norm --target webgpu',
  ],
  plan: [
    'damson plan ./emoji --with weight-only:bits=4@unet --with dynamic-int8@text_encoder',
    'damson plan model.onnx --with weight-only --write recipe.json',
  ],
  smash: [
    'damson smash model.onnx --with weight-only:bits=4,blockSize=32 -o small.onnx',
    "damson smash ./emoji --with 'weight-only@unet#/down_blocks*' --with dynamic-int8@rest -o ./fast",
    'damson smash ./bert --preset q4 -o ./bert',
    'damson smash model.onnx --preset fp32,q8,q4 -o ./bert',
    'damson smash ./t5 --preset fp32@encoder_model,q4@decoder_model_merged -o ./t5',
    'damson smash model.onnx --recipe recipe.json --samples samples.jsonl -o small.onnx',
    'damson smash ./emoji --with auto-cache:speedFactor=0.25@unet --samples prompts.jsonl -o ./fast',
  ],
  compare: [
    'damson compare ./emoji ./fast',
    'damson compare model.onnx small.onnx --samples ./recorded --pairs 100',
    'damson compare ./emoji ./fast --prompt pizza --prompt "red apple" --steps 20 --pictures side-by-side.png',
  ],
  generate: [
    'damson generate ./emoji --prompt pizza --guidance 4 --steps 20 -o pizza.png',
    'damson generate ./fast --prompt pizza --prompt "red apple" --seed 7 --images 4 -o emoji.png',
  ],
  algorithms: ['damson algorithms', 'damson algorithms --use ./mine.mjs --json'],
}

function exampleText(lines: readonly string[]): string {
  return `\nExamples:\n${lines.map(line => `  $ ${line}`).join('\n')}\n`
}

const machines = ['cpu', 'cpu:vnni', 'wasm', 'webgpu', 'cuda']
const machine = (): Option =>
  new Option('--target <machine>', 'the machine it is meant for').choices(machines).default('cpu')

function withSteps(command: Command): Command {
  return command
    .option('-w, --with <step>', 'a step, repeatable: id[:k=v,…][@part[#glob]], @rest, or JSON', collect)
    .option('--preset <names>', 'named recipes: q4,q8, or one a session: q4@decoder_model,fp16@embed_tokens')
    .option('--recipe <file>', 'steps from a JSON recipe')
    .option('--use <module>', 'a module that exports more algorithms, repeatable', collect)
    .addOption(machine())
    .option('--in-order', 'take the steps in the order given, or refuse it')
}

interface SharedOptions extends StepOptions {
  readonly target: string
  readonly inOrder?: boolean
  readonly json?: boolean
  readonly variant?: string
}

function addInspect(program: Command, terminal: Terminal): void {
  program
    .command('inspect <model>')
    .description('what is in a model, what holds of it, which algorithms accept it and why others refuse')
    .option('--variant <dtype>', 'variant of a transformers.js folder')
    .addOption(machine())
    .option('--use <module>', 'a module that exports more algorithms, repeatable', collect)
    .option('--fp16', 'only what half precision would mean: which values leave its range (runs the model)')
    .option(
      '--rules <names>',
      'only what fuse finds, by kinds and names (or all), and what stood in the way of the rest',
    )
    .option('--samples <path>', sampleFormats)
    .option('--dim <name=size>', 'size of an open dimension of made-up samples, repeatable', dimension)
    .option('--json', 'one JSON document')
    .action(async (path: string, options: SharedOptions & Fp16Flags & { readonly rules?: string }) => {
      const algorithms = await algorithmsOf(options.use, terminal.cwd)
      const model = await loadArgument(path, { algorithms, variant: options.variant }, terminal)
      if (options.fp16 === true) return showFp16Of(model, options, terminal)
      if (options.rules !== undefined)
        return (await import('./inspect-rules.ts')).printRules(model, options.rules, options, terminal)
      const { inspect, showInspection } = await import('./inspect.ts')
      const found = inspect(model, algorithms, options.target)
      if (options.json === true) terminal.out(JSON.stringify(found, undefined, 2))
      else showInspection(found, terminal)
    })
}

interface Fp16Flags {
  readonly fp16?: boolean
  readonly samples?: string
  readonly dim?: Readonly<Record<string, number>>
}

async function showFp16Of(
  model: Model,
  options: SharedOptions & Fp16Flags,
  terminal: Terminal,
): Promise<void> {
  const { inspectFp16, showFp16 } = await import('./inspect-fp16.ts')
  const found = await inspectFp16(model, options, terminal)
  if (options.json === true) terminal.out(JSON.stringify(found, undefined, 2))
  else showFp16(found, terminal)
}

function addPlan(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  withSteps(program.command('plan <model>'))
    .description('what would happen: order, claims, sizes, conflicts; nothing is done')
    .option('--variant <dtype>', 'variant of a transformers.js folder')
    .option('--write <file>', 'write the resolved recipe')
    .option('--json', 'one JSON document')
    .action(async (path: string, options: SharedOptions & { readonly write?: string }) => {
      const algorithms = await algorithmsOf(options.use, terminal.cwd)
      const wanted = await wantedOf(options, algorithms, terminal.cwd)
      const model = await loadArgument(path, { algorithms, variant: options.variant }, terminal)
      const { runPlan } = await import('./plan.ts')
      exit(await runPlan(model, wanted, options, terminal))
    })
}

function addSmash(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  withPictures(withSteps(program.command('smash <model>')))
    .description(
      'make it smaller or faster: plan, do, write, verify; without steps it is written as it was read',
    )
    .requiredOption('-o, --out <path>', 'a folder, or a file ending in .onnx for a model of one part')
    .option('--variant <dtype>', 'variant to write in a transformers.js folder')
    .option('--from <dtype>', 'variant to read from a transformers.js folder')
    .option('--samples <path>', sampleFormats)
    .option(
      '--calibrate <number>',
      'samples of each part that steps are fitted on; the tail is held out',
      wholeNumber,
    )
    .option('--dim <name=size>', 'size of an open dimension of made-up samples, repeatable', dimension)
    .option('--seed <number>', 'seed of everything random', wholeNumber, 0)
    .option('--no-verify', 'write without loading, running and pricing it')
    .option('--json', 'one JSON document')
    .action(
      async (
        path: string,
        options: SharedOptions &
          PictureFlags & {
            readonly out: string
            readonly from?: string
            readonly samples?: string
            readonly calibrate?: number
            readonly dim?: Readonly<Record<string, number>>
            readonly seed: number
            readonly verify: boolean
          },
      ) => {
        const algorithms = await algorithmsOf(options.use, terminal.cwd)
        const wanted = await wantedOf(options, algorithms, terminal.cwd)
        const model = await loadArgument(path, { algorithms, variant: options.from }, terminal)
        const modules = moduleUrls(options.use, terminal.cwd)
        const { runSmash } = await import('./smash.ts')
        exit(await runSmash(path, model, wanted, { ...options, algorithms, modules }, terminal))
      },
    )
}

function addCompare(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  withPictures(program.command('compare <original> <changed>'))
    .description('size, parameters, quality of every output, latency ratio, load time and memory')
    .option('--variant <dtype>', 'variant of the original, and of the other unless --other-variant says so')
    .option('--other-variant <dtype>', 'variant of the changed model')
    .option('--samples <path>', sampleFormats)
    .option('--generated <number>', 'samples of each part to make up without --samples', wholeNumber, 4)
    .option('--pairs <number>', 'pairs of runs for the latency, 0 for none', wholeNumber, 30)
    .option('--dim <name=size>', 'size of an open dimension, repeatable', dimension, {})
    .option('--seed <number>', 'seed of the pictures', wholeNumber, 0)
    .option('--use <module>', 'a module that exports more algorithms, repeatable', collect)
    .option('--json', 'one JSON document')
    .action(
      async (
        first: string,
        second: string,
        options: Omit<CompareArguments, 'algorithms' | 'modules'> & {
          readonly use?: readonly string[]
        },
      ) => {
        const algorithms = await algorithmsOf(options.use, terminal.cwd)
        const modules = moduleUrls(options.use, terminal.cwd)
        const { runCompare } = await import('./compare.ts')
        exit(await runCompare(first, second, { ...options, algorithms, modules }, terminal))
      },
    )
}

function addGenerate(program: Command, terminal: Terminal, exit: (code: number) => void): void {
  program
    .command('generate <model>')
    .description('pictures from a text-to-image model folder, as PNG')
    .option('--prompt <text>', 'what to draw, repeatable; none for models that take no text', collect)
    .option('--negative <text>', 'what to keep away from')
    .requiredOption('-o, --out <file>', 'a file ending in .png; several pictures are numbered')
    .option('--images <number>', 'pictures of each prompt', wholeNumber, 1)
    .option('--steps <number>', 'steps of the scheduler; default that of the model', wholeNumber)
    .option('--guidance <scale>', 'scale of classifier-free guidance; default that of the model', number)
    .option('--scheduler <class>', 'another scheduler: EulerDiscreteScheduler, …')
    .option('--width <pixels>', 'default the size that the model was trained at', wholeNumber)
    .option('--height <pixels>', 'default the size that the model was trained at', wholeNumber)
    .option('--seed <number>', 'seed of the first picture; the next ones count on', wholeNumber, 0)
    .option('--use <module>', 'a module that exports more algorithms, repeatable', collect)
    .option('--json', 'one JSON document')
    .action(
      async (
        path: string,
        options: Omit<GenerateArguments, 'algorithms'> & { readonly use?: readonly string[] },
      ) => {
        const algorithms = await algorithmsOf(options.use, terminal.cwd)
        const { runGenerate } = await import('./generate.ts')
        exit(await runGenerate(path, { ...options, algorithms }, terminal))
      },
    )
}

function addAlgorithms(program: Command, terminal: Terminal): void {
  program
    .command('algorithms')
    .description('every algorithm with its parameters, and the presets')
    .option('--use <module>', 'a module that exports more algorithms, repeatable', collect)
    .option('--json', 'one JSON document')
    .action(async (options: { readonly use?: readonly string[]; readonly json?: boolean }) => {
      const algorithms = await algorithmsOf(options.use, terminal.cwd)
      const { listAlgorithms, showAlgorithms } = await import('./algorithms.ts')
      if (options.json === true) terminal.out(JSON.stringify(listAlgorithms(algorithms), undefined, 2))
      else showAlgorithms(algorithms, terminal)
    })
}
