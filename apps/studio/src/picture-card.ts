// A picture with what is known of it: the canvas, a bar for each step, and figures.
import { rgbaOf, type Picture } from '@damson/pipelines'
import { el, fill } from '@damson/page'
import type { StepDone } from './protocol.ts'

export interface PictureCard {
  readonly element: HTMLElement
  show(picture: Picture): void
  /** A bar a step, as high as the step took long; pale where nothing was computed. `of` steps will come. */
  steps(done: readonly StepDone[], of: number): void
  /** Name and text of each figure, in order; of the same name the later stands. */
  figures(...figures: readonly (readonly [name: string, text: string, more?: string | undefined])[]): void
  clear(): void
}

/** An empty card. `hint` stands where the picture will be. */
export function pictureCard(id: string, title: string, hint: string): PictureCard {
  const canvas = el('canvas', { width: 64, height: 64, hidden: true })
  canvas.setAttribute('role', 'img')
  canvas.setAttribute('aria-label', title)
  const empty = el('p', { className: 'hint' }, hint)
  const strip = el('div', { className: 'strip', hidden: true })
  const table = el('dl', { hidden: true })
  const known = new Map<string, readonly [string, string | undefined]>()
  const element = el('section', { id, className: 'card' }, el('h2', {}, title), el('div', { className: 'frame' }, canvas, empty), strip, table) // prettier-ignore
  return {
    element,
    show(picture) {
      const { width, height } = picture
      Object.assign(canvas, { width, height, hidden: false })
      canvas.getContext('2d')?.putImageData(new ImageData(rgbaOf(picture), width, height), 0, 0)
      empty.hidden = true
      element.classList.remove('waiting')
    },
    steps(done, of) {
      const longest = Math.max(...done.map(({ ms }) => ms), 1)
      const bars = Array.from({ length: of }, (_, i) => bar(done[i], i, longest))
      fill(strip, ...bars)
      const full = done.filter(({ isFull }) => isFull).length
      strip.setAttribute('role', 'img')
      strip.setAttribute('aria-label', `${done.length} steps, ${full} of them computed`)
    },
    figures(...figures) {
      for (const [name, text, more] of figures) known.set(name, [text, more])
      fill(table, ...[...known].flatMap(([name, [text, more]]) => figure(name, text, more)))
    },
    clear() {
      known.clear()
      fill(table)
      fill(strip)
      element.classList.add('waiting')
    },
  }
}

function bar(step: StepDone | undefined, index: number, longest: number): HTMLElement {
  const element = el('i')
  if (!step) return element
  element.className = step.isFull ? 'full' : 'reused'
  element.style.setProperty('--height', String(Math.max(0.06, step.ms / longest)))
  element.title = `Step ${index + 1}: ${step.ms.toFixed(1)} ms${step.isFull ? '' : ', reused'}`
  return element
}

function figure(name: string, text: string, more: string | undefined): readonly HTMLElement[] {
  const value = el('dd', {}, el('span', {}, text))
  if (more !== undefined) value.append(el('small', {}, more))
  value.dataset['figure'] = name.toLowerCase()
  return [el('dt', {}, name), value]
}
