// The worker does all the work, so the page never stands still. It keeps the machine, the model and both sides; questions are
// answered one after the other, and each can be cancelled.
import { formatStep, isAbort, load, save, smash } from '@damson/core'
import { memoryFolder, memorySink } from '@damson/graph'
import { openSide, type DrawingSide } from './drawing-side.ts'
import { fetchModel } from './fetched-model.ts'
import { openMachine, type Machine } from './machine.ts'
import { partBytes } from './part-bytes.ts'
import type { Answer, OpenedModel, Progress, Question, Reply, Request, SmashedModel } from './protocol.ts'
import { cacherOf, cachers, quantizerOf, quantizers, type Cacher, type Recipe } from './recipes.ts'

let machine: Machine | undefined
let original: DrawingSide | undefined
let smashed: { readonly side: DrawingSide; readonly cacher: Cacher | undefined } | undefined

type Say = (progress: Progress) => void

const stops = new Map<number, AbortController>()
let before: Promise<unknown> = Promise.resolve()

self.addEventListener('message', ({ data }: MessageEvent<Request>) => {
  const { id } = data
  if ('cancel' in data) return stops.get(id)?.abort()
  const stop = new AbortController()
  stops.set(id, stop)
  const say = (says: Reply['says']): void => {
    const reply: Reply = { id, says }
    self.postMessage(reply)
  }
  before = before
    .then(() => {
      stop.signal.throwIfAborted()
      return answer(data.question, say, stop.signal)
    })
    .then(say, (error: unknown) => {
      const cancelled = stop.signal.aborted || isAbort(error)
      say({ kind: 'failed', message: error instanceof Error ? error.message : String(error), cancelled })
    })
    .finally(() => stops.delete(id))
})

async function answer(question: Question, say: Say, signal: AbortSignal): Promise<Answer> {
  switch (question.kind) {
    case 'open':
      return { kind: 'open', opened: await open(question, say, signal) }
    case 'smash':
      return { kind: 'smash', smashed: await smashWith(question.recipe, say, signal) }
    case 'draw': {
      const side = question.side === 'original' ? original : smashed?.side
      if (!side) throw new Error(`Expected the ${question.side} model to be open.`)
      const cacher = question.side === 'smashed' ? smashed?.cacher : undefined
      const controls = cacher && question.controls ? { [cacher.step.algorithm.id]: question.controls } : {}
      return { kind: 'draw', drawn: await side.draw(question.input, controls, say, signal) }
    }
  }
}

async function open(
  { model, machine: asked }: Extract<Question, { kind: 'open' }>,
  say: Say,
  signal: AbortSignal,
): Promise<OpenedModel> {
  await close()
  // Asked for before the model is fetched: where there is none, nothing need be.
  machine = await openMachine(asked)
  const loading = (done: number, total: number): void => say({ kind: 'loading', label: 'Loading the model', done, total }) // prettier-ignore
  const loaded = await load(await fetchModel(model, loading, signal), { signal })
  say({ kind: 'loading', label: 'Opening the model', done: 0, total: 0 })
  const bytes = partBytes(loaded)
  try {
    original = await openSide(loaded, machine, signal)
    return { bytes, machine: machine.name }
  } catch (error) {
    if (signal.aborted || asked !== 'auto' || machine.target !== 'webgpu') throw error
    await close()
    machine = await openMachine('wasm')
    original = await openSide(loaded, machine, signal)
    const notice = `WebGPU was tried first: ${error instanceof Error ? error.message : String(error)}`
    return { bytes, machine: machine.name, notice }
  }
}

async function close(): Promise<void> {
  await machine?.runtime.close()
  machine = undefined
  original = undefined
  smashed = undefined
}

/** Smashes, saves into memory and opens what was saved: the size is that of files, the pictures are theirs. */
async function smashWith(recipe: Recipe, say: Say, signal: AbortSignal): Promise<SmashedModel> {
  if (!machine || !original) throw new Error('Expected a model to be open.')
  await smashed?.side.close()
  smashed = undefined
  const cacher = cacherOf(recipe)
  const steps = [...quantizerOf(recipe).steps, ...(cacher ? [cacher.step] : [])]
  const warnings: string[] = []
  const label = 'Smashing'
  say({ kind: 'loading', label, done: 0, total: 0 })
  const { target } = machine
  const changed = await smash(original.model, steps, {
    target,
    signal,
    onEvent: event => {
      if (event.type === 'warning') warnings.push(event.message)
    },
  })
  const sink = memorySink()
  await save(changed, sink, {
    signal,
    onEvent: event => {
      if (event.type === 'progress') say({ kind: 'loading', label, done: event.done, total: event.total })
    },
  })
  const algorithms = steps.map(({ algorithm }) => algorithm)
  const written = await load(memoryFolder(sink.files), { algorithms, verify: 'none', signal })
  smashed = { side: await openSide(written, machine, signal), cacher }
  return { bytes: partBytes(written), steps: steps.map(step => formatStep(step, offered)), warnings }
}

const offered = [...quantizers.flatMap(({ steps }) => steps), ...cachers.map(({ step }) => step)].map(
  ({ algorithm }) => algorithm,
)
