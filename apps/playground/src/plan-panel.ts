// What the choice would do: exact sizes before anything is done, or why it cannot be done.
import { formatBytes } from '@damson/core'
import { el, fill } from '@damson/page'
import type { Choice, OpenedModel, PlannedChoice } from './protocol.ts'
import type { Workshop } from './workshop.ts'

/** `ready` hears of every choice that can be carried out; undefined when there is none. */
export function planPanel(
  workshop: Workshop,
  ready: (choice: Choice | undefined) => void,
): {
  readonly element: HTMLElement
  show(choice: Choice | undefined): void
  reset(model: OpenedModel | undefined): void
} {
  const element = el('section', { hidden: true })
  let name = 'model.onnx'
  let asked = 0
  const show = (choice: Choice | undefined): void => {
    const question = ++asked
    ready(undefined)
    if (!choice) return fill(element)
    workshop.plan(choice).then(
      plan => {
        // Answers to choices that were changed meanwhile are out of date.
        if (question !== asked) return
        fill(element, el('h2', {}, 'Plan'), ...describe(plan, choice, name))
        ready(plan.conflicts.length === 0 ? choice : undefined)
      },
      (error: Error) => {
        if (question === asked) fill(element, el('h2', {}, 'Plan'), complaint(error.message))
      },
    )
  }
  const reset = (model: OpenedModel | undefined): void => {
    name = model?.name ?? name
    show(undefined)
  }
  return { element, show, reset }
}

function complaint(text: string): HTMLElement {
  const element = el('p', { className: 'error' }, text)
  element.setAttribute('role', 'alert')
  return element
}

function describe(plan: PlannedChoice, { target }: Choice, name: string): readonly HTMLElement[] {
  if (plan.conflicts.length > 0) return plan.conflicts.map(complaint)
  const ratio = plan.before === 0 ? 1 : plan.after / plan.before
  const bar = el('div', { className: 'size' }, el('div', { className: 'after' }))
  bar.style.setProperty('--ratio', String(Math.min(1, ratio)))
  const small = name.replace(/(\.onnx)?$/, '.small.onnx')
  const place = target === 'cpu' ? '' : ` --target ${target}`
  const command = `damson smash ${quoted(name)} --with ${quoted(plan.step)}${place} -o ${quoted(small)}`
  return [
    el('p', { className: 'sizes' }, el('span', {}, 'Weights'), el('b', {}, formatBytes(plan.before)), '→', el('b', {}, formatBytes(plan.after)), el('span', { className: 'ratio' }, `${(100 * ratio).toFixed(1)} %`)),
    bar,
    el('p', { className: 'note' }, `Codes ${plan.claims.join(', ')}. Quality and speed: unmeasured.`),
    el('p', { className: 'note' }, 'On the command line:'),
    el('pre', {}, command),
  ] // prettier-ignore
}

/** An argument as a shell takes it. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
