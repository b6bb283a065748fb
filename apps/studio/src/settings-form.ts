// The form: which model and prompt, how it is smashed, and the two buttons.
import { el, fill } from '@damson/page'
import { models } from './models.ts'
import type { MachineChoice } from './protocol.ts'
import { cachers, quantizers, type Cacher } from './recipes.ts'
import type { Settings } from './settings.ts'

export interface SettingsForm {
  readonly element: HTMLElement
  /** Which button can be pressed. */
  busy(isBusy: boolean): void
}

export interface FormEvents {
  /** The button, or the return key. */
  generate(settings: Settings): void
  /** The way of smashing changed: the picture of the original may stand. */
  adjust(settings: Settings): void
  cancel(): void
}

const machines: Readonly<Record<MachineChoice, string>> = {
  auto: 'Best there is',
  webgpu: 'WebGPU',
  wasm: 'WebAssembly',
}

const prompts = [
  ...['pizza', 'grinning face', 'panda face', 'red apple', 'tiger face', 'strawberry', 'hamburger'],
  ...['sleeping face', 'cat face', 'cookie', 'tropical fish', 'watermelon'],
]

export function settingsForm(events: FormEvents): SettingsForm {
  const picture = pictureFields()
  const smashing = smashFields(() => events.adjust(settings()))
  const machine = select('machine', machines)
  const settings = (): Settings => ({
    ...picture.values(),
    ...smashing.values(),
    machine: machineOf(machine.value),
  })
  const go = el('button', { type: 'submit', className: 'primary' }, 'Generate')
  const stop = el('button', { type: 'button', disabled: true }, 'Cancel')
  const element = el(
    'form',
    { className: 'settings' },
    group('Picture', ...picture.rows),
    group('Smash', ...smashing.rows),
    group('Machine', field('Runs on', machine)),
    el('div', { className: 'buttons' }, go, stop),
  )
  element.addEventListener('submit', event => {
    event.preventDefault()
    events.generate(settings())
  })
  stop.addEventListener('click', events.cancel)
  return {
    element,
    busy(isBusy) {
      stop.disabled = !isBusy
    },
  }
}

interface Fields<T> {
  readonly rows: readonly HTMLElement[]
  values(): T
}

function pictureFields(): Fields<Pick<Settings, 'model' | 'input'>> {
  const model = select('model', Object.fromEntries(models.map(({ name, label }) => [name, label])))
  const prompt = el('input', {
    ...{ id: 'prompt', type: 'text', value: 'pizza', required: true, autocomplete: 'off' },
  })
  prompt.setAttribute('list', 'prompts')
  const known = el('datalist', { id: 'prompts' }, ...prompts.map(value => el('option', { value })))
  const seed = number('seed', 3, 0, 2 ** 31 - 1)
  const steps = number('steps', 20, 1, 100)
  const guidance = number('guidance', models[0]?.guidance ?? 4, 1, 20, 0.5)
  const another = el('button', { type: 'button', className: 'small', title: 'Another seed' }, 'Another')
  const chosen = (): (typeof models)[number] => {
    const found = models.find(({ name }) => name === model.value)
    if (found) return found
    throw new Error('This build of the page has no models.')
  }
  another.addEventListener('click', () => {
    seed.valueAsNumber = Math.floor(Math.random() * 100_000)
  })
  model.addEventListener('change', () => {
    guidance.valueAsNumber = chosen().guidance
  })
  return {
    rows: [
      field('Model', model),
      field('Prompt', prompt, known),
      field('Seed', el('div', { className: 'beside' }, seed, another)),
      el('div', { className: 'pair' }, field('Steps', steps), field('Guidance', guidance)),
    ],
    values: () => ({
      model: chosen(),
      input: {
        ...{ prompt: prompt.value.trim(), seed: seed.valueAsNumber },
        ...{ steps: steps.valueAsNumber, guidance: guidance.valueAsNumber },
      },
    }),
  }
}

function smashFields(changed: () => void): Fields<Pick<Settings, 'recipe' | 'controls'>> {
  const quantizer = select(
    'quantizer',
    Object.fromEntries(quantizers.map(({ name, label }) => [name, label])),
  )
  quantizer.value = 'weights-8'
  const cacher = select('cacher', { ...Object.fromEntries(cachers.map(({ name, label }) => [name, label])), '': 'None' }) // prettier-ignore
  const slider = el('input', { id: 'control', type: 'range' })
  const shown = el('output')
  shown.setAttribute('for', 'control')
  const doc = el('p', { className: 'doc' })
  const row = el('div', {}, field('', slider, shown), doc)
  const label = row.querySelector('label')
  const chosen = (): Cacher | undefined => cachers.find(({ name }) => name === cacher.value)
  const show = (): void => {
    shown.textContent = slider.value
  }
  const renew = (): void => {
    const found = chosen()
    row.hidden = found === undefined
    if (!found) return
    const { control, range, start, step } = found
    Object.assign(slider, { min: range[0], max: range[1], step: range[2], value: start })
    if (label) label.textContent = `${control[0]?.toUpperCase() ?? ''}${control.slice(1)}`
    fill(doc, step.algorithm.params[control]?.doc ?? '')
    show()
  }
  renew()
  slider.addEventListener('input', () => (show(), changed()))
  cacher.addEventListener('change', () => (renew(), changed()))
  quantizer.addEventListener('change', changed)
  return {
    rows: [field('Quantizer', quantizer), field('Cacher', cacher), row],
    values() {
      const found = chosen()
      return {
        recipe: { quantizer: quantizer.value, cacher: found?.name },
        controls: found ? { [found.control]: slider.valueAsNumber } : {},
      }
    },
  }
}

function group(title: string, ...rows: readonly HTMLElement[]): HTMLElement {
  return el('fieldset', {}, el('legend', {}, title), ...rows)
}

/** A label over its input, which is the first input inside. */
function field(text: string, ...inside: readonly HTMLElement[]): HTMLElement {
  const [first] = inside
  const input = first?.id ? first : first?.querySelector('input')
  return el('div', { className: 'field' }, el('label', { htmlFor: input?.id ?? '' }, text), ...inside)
}

function select(id: string, options: Readonly<Record<string, string>>): HTMLSelectElement {
  return el('select', { id }, ...Object.entries(options).map(([value, text]) => el('option', { value }, text))) // prettier-ignore
}

function number(id: string, value: number, min: number, max: number, step = 1): HTMLInputElement {
  const input = el('input', { id, type: 'number', required: true })
  Object.assign(input, { min, max, step, value })
  return input
}

function machineOf(value: string): MachineChoice {
  return value === 'webgpu' || value === 'wasm' ? value : 'auto'
}
