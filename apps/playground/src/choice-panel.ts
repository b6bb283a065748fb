// What to do: an algorithm, its parameters, and the machine the model is meant for.
import { algorithms, algorithmById } from './algorithms.ts'
import { el, fill } from '@damson/page'
import { paramFields, type ParamFields } from './param-fields.ts'
import type { Choice, OpenedModel } from './protocol.ts'

const targets: Readonly<Record<string, string>> = {
  cpu: 'CPU (Node, native)',
  wasm: 'WebAssembly',
  webgpu: 'WebGPU',
}

/** `chosen` hears of every choice that can be planned; undefined while a field is wrong. */
export function choicePanel(chosen: (choice: Choice | undefined) => void): {
  readonly element: HTMLElement
  reset(model: OpenedModel | undefined): void
} {
  const element = el('section', { hidden: true })
  const reset = (model: OpenedModel | undefined): void => {
    if (!model) return fill(element)
    const first = algorithms.find(({ id }) => model.refusals[id] === undefined) ?? algorithms[0]
    const target = el('select', { id: 'target' }, ...Object.entries(targets).map(([value, label]) => el('option', { value }, label))) // prettier-ignore
    const params = el('div')
    let fields: ParamFields | undefined
    let algorithm = first?.id
    const tell = (): void => {
      const values = fields?.values()
      chosen(values && algorithm !== undefined ? { algorithm, params: values, target: target.value } : undefined)
    } // prettier-ignore
    const choose = (id: string): void => {
      algorithm = id
      fields = paramFields(algorithmById(id).params, tell)
      fill(params, fields.element)
      tell()
    }
    const cards = algorithms.map(({ id }) => card(id, model.refusals[id], id === algorithm, () => choose(id)))
    target.addEventListener('change', tell)
    const where = el('div', { className: 'field' }, el('label', { htmlFor: 'target' }, 'meant for'), target)
    where.append(el('span', { className: 'doc' }, 'The machine that will run it decides which operators are written.'))
    fill(element, el('h2', {}, 'Algorithm'), el('div', { className: 'cards' }, ...cards), params, where)
    if (first) choose(first.id)
  } // prettier-ignore
  return { element, reset }
}

/** An algorithm to choose. One that refuses says why; with other parameters or on another target it may accept. */
function card(id: string, refusal: string | undefined, checked: boolean, choose: () => void): HTMLElement {
  const { summary } = algorithmById(id)
  const radio = el('input', { type: 'radio', name: 'algorithm', value: id, checked })
  radio.addEventListener('change', choose)
  const text = el('p', {}, summary)
  const label = el('label', { className: 'card' }, radio, el('strong', {}, id.split('/').at(-1) ?? id), text)
  if (refusal !== undefined)
    label.append(el('p', { className: 'refusal' }, `Refuses by default: ${refusal}.`))
  return label
}
