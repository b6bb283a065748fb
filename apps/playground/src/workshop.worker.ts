// The worker does all the work, so the page never stands still. It keeps the opened model; weights are read from the file
// as they are needed.
import { explain, formatBytes, formatStep, load, makeStep, plan, save, smash } from '@damson/core'
import type { Model, Step } from '@damson/core'
import { memorySink, walk, weights } from '@damson/graph'
import { algorithmById, algorithms } from './algorithms.ts'
import type {
  Answer,
  Choice,
  OpenedModel,
  PlannedChoice,
  Progress,
  Question,
  Reply,
  Request,
  SmashedModel,
} from './protocol.ts'

interface Opened {
  readonly model: Model
  readonly file: File
}

let opened: Opened | undefined

self.addEventListener('message', ({ data: { id, question } }: MessageEvent<Request>) => {
  const say = (says: Reply['says']): void => {
    const reply: Reply = { id, says }
    self.postMessage(reply)
  }
  answer(question, say).then(say, (error: unknown) =>
    say({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
  )
})

async function answer(question: Question, say: (progress: Progress) => void): Promise<Answer> {
  if (question.kind === 'open') return { kind: 'open', model: await open(question.file) }
  if (!opened) throw new Error('Choose a model first.')
  return question.kind === 'plan'
    ? { kind: 'plan', plan: planned(opened.model, question.choice) }
    : { kind: 'smash', made: await smashed(opened, question.choice, say) }
}

async function open(file: File): Promise<OpenedModel> {
  const model = await load(file)
  opened = { model, file }
  const [part] = model.parts.values()
  if (!part) throw new Error(`${file.name} holds no graph.`)
  const { graph } = part
  const types = new Map<string, { count: number; bytes: number }>()
  for (const { tensor } of weights(graph)) {
    const { count, bytes } = types.get(tensor.dtype) ?? { count: 0, bytes: 0 }
    types.set(tensor.dtype, { count: count + 1, bytes: bytes + tensor.byteLength })
  }
  const refusals = explain(model, { algorithms }).flatMap(({ algorithm, refusal }) =>
    refusal ? [[algorithm, refusal.refused] as const] : [],
  )
  return {
    name: file.name,
    bytes: file.size,
    opset: graph.opset(),
    nodes: [...walk(graph)].length,
    weights: [...types]
      .sort((a, b) => b[1].bytes - a[1].bytes)
      .map(([type, { count, bytes }]) => `${count} ${type} (${formatBytes(bytes)})`),
    inputs: graph.requiredInputs().map(({ name }) => name),
    outputs: graph.outputs.map(({ name }) => name),
    refusals: Object.fromEntries(refusals),
  }
}

function stepOf({ algorithm, params }: Choice): Step {
  return makeStep(algorithmById(algorithm), params)
}

function planned(model: Model, choice: Choice): PlannedChoice {
  const step = stepOf(choice)
  const made = plan(model, [step], { target: choice.target })
  const sum = (of: 'before' | 'after'): number => (made.sizes ?? []).reduce((all, size) => all + size[of], 0)
  return {
    before: sum('before'),
    after: sum('after'),
    claims: made.steps.flatMap(({ claims }) =>
      claims.map(({ weights: claimed, bytes, nodes }) => {
        return `${claimed.length} weights (${formatBytes(bytes)}) of ${nodes.length} nodes`
      }),
    ),
    conflicts: made.conflicts.map(({ message }) => message),
    step: formatStep(step, algorithms),
  }
}

async function smashed(
  { model, file }: Opened,
  choice: Choice,
  say: (progress: Progress) => void,
): Promise<SmashedModel> {
  const warnings: string[] = []
  const changed = await smash(model, [stepOf(choice)], {
    target: choice.target,
    onEvent: event => {
      if (event.type === 'warning') warnings.push(event.message)
    },
  })
  const sink = memorySink()
  const { files } = await save(changed, sink, {
    onEvent: event => {
      if (event.type !== 'progress') return
      const { done, total } = event
      say({ kind: 'progress', label: 'Writing', done, total })
    },
  })
  const [part] = changed.parts.values()
  const path = part?.path ?? 'model.onnx'
  return {
    file: sink.toBlob(path),
    name: file.name.replace(/(\.onnx)?$/, '.small.onnx'),
    sha256: files.get(path)?.sha256 ?? '',
    warnings,
  }
}
