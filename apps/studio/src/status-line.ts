// What is going on, how far it is, and what went wrong, in words.
import { el, fill } from '@damson/page'
import type { Progress } from './protocol.ts'

export interface StatusLine {
  readonly element: HTMLElement
  say(text: string): void
  progress(text: string, progress: Progress): void
  fail(text: string): void
  clear(): void
}

export function statusLine(): StatusLine {
  const text = el('p', { className: 'status' }, 'The model is loaded when you generate the first picture.')
  text.setAttribute('role', 'status')
  const bar = el('progress', { max: 1, hidden: true })
  bar.setAttribute('aria-label', 'Progress')
  const error = el('p', { className: 'error', hidden: true })
  error.setAttribute('role', 'alert')
  const say = (line: string): void => {
    text.textContent = line
    bar.hidden = true
  }
  return {
    element: el('div', { className: 'going-on' }, text, bar, error),
    say,
    progress(line, progress) {
      text.textContent = line
      // Steps are seen in the bars under the picture.
      bar.hidden = progress.kind === 'step'
      if (progress.kind === 'step') return
      if (progress.total === 0) bar.removeAttribute('value')
      else bar.value = progress.done / progress.total
    },
    fail(line) {
      say('It did not work.')
      fill(error, line)
    },
    clear: () => fill(error),
  }
}
