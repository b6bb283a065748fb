// The page from top to bottom: the file, the algorithm with its parameters, what it would do, the result. Each panel comes
// when the one before it has what it needs.
import { el, fill } from '@damson/page'
import { openPanel } from './open-panel.ts'
import { choicePanel } from './choice-panel.ts'
import { planPanel } from './plan-panel.ts'
import { resultPanel } from './result-panel.ts'
import type { Workshop } from './workshop.ts'

/** Builds the page and connects its panels. */
export function createPage(workshop: Workshop, place: Element): void {
  const result = resultPanel(workshop)
  const plan = planPanel(workshop, result.offer)
  const choice = choicePanel(plan.show)
  const open = openPanel(workshop, model => {
    result.reset(model)
    plan.reset(model)
    choice.reset(model)
  })
  const main = el('main')
  fill(main, open.element, choice.element, plan.element, result.element)
  place.append(header(), main, footer())
}

function header(): HTMLElement {
  return el(
    'header',
    {},
    el('h1', {}, 'damson', el('span', {}, 'playground')),
    el('p', {}, 'Makes an ONNX model smaller, in this page. The file never leaves your machine.'),
  )
}

function footer(): HTMLElement {
  return el('footer', {}, 'The same bytes come out of the command and of the library in Node.')
}
