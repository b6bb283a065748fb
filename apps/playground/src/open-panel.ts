// Choosing a file: dropped or picked, read lazily, with what is in it.
import { formatBytes } from '@damson/core'
import { el, fill } from '@damson/page'
import type { OpenedModel } from './protocol.ts'
import type { Workshop } from './workshop.ts'

/** `opened` hears of every model that could be read, and of undefined when the next one is being read. */
export function openPanel(
  workshop: Workshop,
  opened: (model: OpenedModel | undefined) => void,
): { readonly element: HTMLElement } {
  const picker = el('input', { id: 'file', type: 'file', accept: '.onnx' })
  const drop = el(
    'label',
    { className: 'drop', htmlFor: 'file' },
    el('strong', {}, 'Drop an .onnx file here'),
    el('span', {}, 'or click to choose one'),
  )
  const shown = el('div', { className: 'model', hidden: true })
  const error = el('p', { className: 'error', hidden: true })
  error.setAttribute('role', 'alert')
  const open = async (file: File): Promise<void> => {
    fill(error)
    fill(shown, el('p', { className: 'note' }, `Reading ${file.name} …`))
    opened(undefined)
    try {
      const model = await workshop.open(file)
      fill(shown, ...describe(model))
      opened(model)
    } catch (cause) {
      fill(shown)
      fill(error, cause instanceof Error ? cause.message : String(cause))
    }
  }
  picker.addEventListener('change', () => {
    const file = picker.files?.[0]
    // Choosing the same file again is to be heard as well.
    picker.value = ''
    if (file) void open(file)
  })
  acceptDrops(drop, file => void open(file))
  return { element: el('section', { className: 'open' }, picker, drop, error, shown) }
}

function acceptDrops(drop: HTMLElement, open: (file: File) => void): void {
  // The whole page takes drops: a file that misses the field must not replace the page.
  addEventListener('dragover', event => {
    event.preventDefault()
    drop.classList.add('over')
  })
  addEventListener('dragleave', () => drop.classList.remove('over'))
  addEventListener('drop', event => {
    event.preventDefault()
    drop.classList.remove('over')
    const file = event.dataTransfer?.files[0]
    if (file) open(file)
  })
}

function describe(model: OpenedModel): readonly HTMLElement[] {
  const facts: readonly (readonly [string, string])[] = [
    ['Size', formatBytes(model.bytes)],
    ['Graph', `${model.nodes} nodes, opset ${model.opset}`],
    ['Weights', model.weights.join(', ') || 'none'],
    ['Inputs', model.inputs.join(', ')],
    ['Outputs', model.outputs.join(', ')],
  ]
  const rows = facts.flatMap(([name, text]) => [el('dt', {}, name), el('dd', {}, text)])
  return [el('h2', {}, model.name), el('dl', {}, ...rows)]
}
