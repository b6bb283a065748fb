// The worker seen from the page: three questions that return promises.
import type {
  Answer,
  Choice,
  OpenedModel,
  PlannedChoice,
  Progress,
  Question,
  Reply,
  SmashedModel,
} from './protocol.ts'

export interface Workshop {
  /** Reads a model and keeps it for the questions that follow. */
  open(file: File): Promise<OpenedModel>
  plan(choice: Choice): Promise<PlannedChoice>
  smash(choice: Choice, onProgress: (progress: Progress) => void): Promise<SmashedModel>
}

type Says = Reply['says']

/** Starts the worker. */
export function startWorkshop(): Workshop {
  const worker = new Worker(new URL('./workshop.worker.ts', import.meta.url), { type: 'module' })
  const waiting = new Map<number, (says: Says) => void>()
  let last = 0
  worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => waiting.get(data.id)?.(data.says))
  worker.addEventListener('error', ({ message }) => {
    for (const hear of waiting.values()) hear({ kind: 'failed', message: message || 'The worker failed.' })
  })
  const ask = (question: Question, onProgress: (progress: Progress) => void = () => {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const id = ++last
      waiting.set(id, says => {
        if (says.kind === 'progress') return onProgress(says)
        waiting.delete(id)
        if (says.kind === 'failed') reject(new Error(says.message))
        else resolve(says)
      })
      worker.postMessage({ id, question })
    })
  return {
    async open(file) {
      const answer = await ask({ kind: 'open', file })
      return answer.kind === 'open' ? answer.model : mismatch(answer)
    },
    async plan(choice) {
      const answer = await ask({ kind: 'plan', choice })
      return answer.kind === 'plan' ? answer.plan : mismatch(answer)
    },
    async smash(choice, onProgress) {
      const answer = await ask({ kind: 'smash', choice }, onProgress)
      return answer.kind === 'smash' ? answer.made : mismatch(answer)
    },
  }
}

function mismatch({ kind }: Answer): never {
  throw new Error(`The worker answered another question: ${kind}.`)
}
