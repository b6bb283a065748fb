// The worker seen from the page: questions that return promises and can be cancelled.
import type {
  Answer,
  Controls,
  Drawn,
  DrawInput,
  MachineChoice,
  OpenedModel,
  Progress,
  Question,
  Reply,
  Request,
  Side,
  SmashedModel,
} from './protocol.ts'
import type { ServedModel } from './models.ts'
import type { Recipe } from './recipes.ts'

/** What every question takes: a signal that cancels it, and who hears how far it is. */
interface Asking {
  readonly signal: AbortSignal
  readonly onProgress: (progress: Progress) => void
}

export interface StudioClient {
  open(model: ServedModel, machine: MachineChoice, asking: Asking): Promise<OpenedModel>
  smash(recipe: Recipe, asking: Asking): Promise<SmashedModel>
  draw(side: Side, input: DrawInput, controls: Controls, asking: Asking): Promise<Drawn>
}

type Says = Reply['says']

/** Starts the worker. */
export function startStudio(): StudioClient {
  const worker = new Worker(new URL('./studio.worker.ts', import.meta.url), { type: 'module' })
  const waiting = new Map<number, (says: Says) => void>()
  let last = 0
  worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => waiting.get(data.id)?.(data.says))
  worker.addEventListener('error', ({ message }) => {
    for (const hear of waiting.values())
      hear({ kind: 'failed', message: message || 'The worker failed.', cancelled: false })
  })
  const post = (request: Request): void => worker.postMessage(request)
  const ask = (question: Question, { signal, onProgress }: Asking): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const id = ++last
      const cancel = (): void => post({ id, cancel: true })
      waiting.set(id, says => {
        if (says.kind === 'loading' || says.kind === 'step') return onProgress(says)
        waiting.delete(id)
        signal.removeEventListener('abort', cancel)
        if (says.kind !== 'failed') resolve(says)
        else reject(says.cancelled ? new DOMException('Cancelled.', 'AbortError') : new Error(says.message))
      })
      post({ id, question })
      if (signal.aborted) cancel()
      signal.addEventListener('abort', cancel)
    })
  return {
    async open(model, machine, asking) {
      const answer = await ask({ kind: 'open', model, machine }, asking)
      return answer.kind === 'open' ? answer.opened : mismatch(answer)
    },
    async smash(recipe, asking) {
      const answer = await ask({ kind: 'smash', recipe }, asking)
      return answer.kind === 'smash' ? answer.smashed : mismatch(answer)
    },
    async draw(side, input, controls, asking) {
      const answer = await ask({ kind: 'draw', side, input, controls }, asking)
      return answer.kind === 'draw' ? answer.drawn : mismatch(answer)
    },
  }
}

function mismatch({ kind }: Answer): never {
  throw new Error(`The worker answered another question: ${kind}.`)
}
