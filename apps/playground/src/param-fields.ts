// A form made from the declarations of an algorithm's parameters: a new algorithm needs no new form. Every field gives the
// text that the command line would take; the declaration reads it.
import { checkValue, describeParam, formatValue, parseValue, type Param, type Params } from '@damson/core'
import { el } from '@damson/page'

export interface ParamFields {
  readonly element: HTMLElement
  /** The values, or undefined while a field holds something its parameter does not take. */
  values(): Readonly<Record<string, unknown>> | undefined
}

interface Field {
  readonly input: HTMLElement
  text(): string
}

/** One field for each parameter, with its default chosen. `changed` is called on every edit. */
export function paramFields(params: Params, changed: () => void): ParamFields {
  const fields = Object.entries<Param<unknown>>(params).map(([name, param]) => ({
    name,
    param,
    field: fieldOf(name, param, changed),
    error: el('span', { className: 'error', hidden: true }),
  }))
  const rows = fields.map(({ name, param, field, error }) =>
    el('div', { className: 'field' }, el('label', { htmlFor: `param-${name}` }, words(name)), field.input, el('span', { className: 'doc' }, param.doc), error),
  ) // prettier-ignore
  return {
    element: el('div', { className: 'fields' }, ...rows),
    values() {
      const values: Record<string, unknown> = {}
      let sound = true
      for (const { name, param, field, error } of fields) {
        const value = parseValue(param, field.text())
        const wrong = value === undefined || 'expected' in checkValue(param, value)
        error.hidden = !wrong
        error.textContent = wrong ? `Expected ${describeParam(param)}.` : ''
        if (wrong) sound = false
        else values[name] = value
      }
      return sound ? values : undefined
    },
  }
}

function fieldOf(name: string, param: Param<unknown>, changed: () => void): Field {
  const { domain } = param
  if (domain.kind === 'flag' && !param.or) return checkbox(name, param, changed)
  if (domain.kind === 'list' && domain.of.kind === 'one-of') return chips(domain.of.options.map(String), param, changed)
  const options = choicesOf(param)
  return options ? select(name, options, param, changed) : textField(name, param, changed)
} // prettier-ignore

/** The few texts that a parameter takes, if they are few. */
function choicesOf({ domain, or = [] }: Param<unknown>): readonly string[] | undefined {
  if (domain.kind === 'one-of') return [...or, ...domain.options.map(String)]
  if (domain.kind === 'flag') return [...or, 'true', 'false']
  if (domain.kind !== 'int' || domain.max - domain.min > 16) return undefined
  return [...or, ...Array.from({ length: domain.max - domain.min + 1 }, (_, at) => String(domain.min + at))]
}

function checkbox(name: string, param: Param<unknown>, changed: () => void): Field {
  const input = el('input', { id: `param-${name}`, type: 'checkbox', checked: param.default === true })
  input.addEventListener('change', changed)
  return { input, text: () => String(input.checked) }
}

function select(name: string, options: readonly string[], param: Param<unknown>, changed: () => void): Field {
  const input = el('select', { id: `param-${name}` }, ...options.map(value => el('option', { value }, value)))
  input.value = formatValue(param, param.default)
  input.addEventListener('change', changed)
  return { input, text: () => input.value }
}

function textField(name: string, param: Param<unknown>, changed: () => void): Field {
  const input = el('input', {
    id: `param-${name}`,
    type: 'text',
    value: formatValue(param, param.default),
    placeholder: describeParam(param),
  })
  input.addEventListener('input', changed)
  return { input, text: () => input.value }
}

/** Any of a few; none is the default. */
function chips(options: readonly string[], param: Param<unknown>, changed: () => void): Field {
  const boxes = options.map(value => el('input', { type: 'checkbox', value }))
  for (const box of boxes) box.addEventListener('change', changed)
  const input = el(
    'div',
    { className: 'chips' },
    ...boxes.map(box => el('label', { className: 'chip' }, box, box.value)),
  )
  const chosen = (): string =>
    boxes
      .filter(({ checked }) => checked)
      .map(({ value }) => value)
      .join('+')
  return { input, text: () => chosen() || formatValue(param, param.default) }
}

/** `blockSize` reads `block size`. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`)
}
