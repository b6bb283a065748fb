// Doing it: the button, the progress, and the file to download.
import { formatBytes } from '@damson/core'
import { el, fill } from '@damson/page'
import type { Choice, OpenedModel, SmashedModel } from './protocol.ts'
import type { Workshop } from './workshop.ts'

export function resultPanel(workshop: Workshop): {
  readonly element: HTMLElement
  /** The choice that the button carries out; undefined takes the button away. */
  offer(choice: Choice | undefined): void
  reset(model: OpenedModel | undefined): void
} {
  const button = el('button', { type: 'button', className: 'smash' }, 'Smash')
  const progress = el('progress', { max: 1 })
  const label = el('span', { className: 'note' })
  const working = el('div', { className: 'working', hidden: true }, progress, label)
  const shown = el('div', { className: 'result', hidden: true })
  const element = el('section', { className: 'do', hidden: true }, button, working, shown)
  let choice: Choice | undefined
  let before = 0
  let url: string | undefined
  const clear = (): void => {
    if (url !== undefined) URL.revokeObjectURL(url)
    url = undefined
    fill(shown)
  }
  const work = async (asked: Choice): Promise<void> => {
    clear()
    button.disabled = true
    working.hidden = false
    progress.removeAttribute('value')
    label.textContent = 'Reading …'
    try {
      const made = await workshop.smash(asked, ({ label: text, done, total }) => {
        progress.value = total === 0 ? 1 : done / total
        label.textContent = `${text} … ${formatBytes(done)} of ${formatBytes(total)}`
      })
      if (choice !== asked) return
      url = URL.createObjectURL(made.file)
      fill(shown, ...describe(made, before, url))
    } catch (error) {
      const text = el('p', { className: 'error' }, error instanceof Error ? error.message : String(error))
      text.setAttribute('role', 'alert')
      if (choice === asked) fill(shown, text)
    } finally {
      button.disabled = false
      working.hidden = true
    }
  }
  button.addEventListener('click', () => {
    if (choice) void work(choice)
  })
  return {
    element,
    offer(next) {
      choice = next
      clear()
      element.hidden = next === undefined
    },
    reset(model) {
      before = model?.bytes ?? 0
    },
  }
}

function describe({ file, name, sha256, warnings }: SmashedModel, before: number, url: string): readonly HTMLElement[] {
  const saved = `${formatBytes(before)} → ${formatBytes(file.size)}`
  return [
    el('a', { className: 'download', href: url, download: name }, el('strong', {}, `Download ${name}`), el('span', {}, saved)),
    ...warnings.map(text => el('p', { className: 'warning' }, text)),
    el('p', { className: 'hash' }, `SHA-256 ${sha256}`),
  ]
} // prettier-ignore
