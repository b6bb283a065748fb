// The page: the form beside the pictures, and a line that says what is going on.
import { formatBytes } from '@damson/core'
import { createComparison, type Stage } from './comparison.ts'
import { el, fill } from '@damson/page'
import { pictureCard, type PictureCard } from './picture-card.ts'
import type { Drawn, Progress, Side } from './protocol.ts'
import type { Settings } from './settings.ts'
import { settingsForm } from './settings-form.ts'
import type { StudioClient } from './studio-client.ts'
import { statusLine, type StatusLine } from './status-line.ts'

/** How long the slider must rest before the picture is drawn again. */
const restMs = 250

/** Builds the page and connects it. */
export function createPage(client: StudioClient, place: Element): void {
  const cards = {
    original: pictureCard('original', 'Original', 'Press “Generate”.'),
    smashed: pictureCard('smashed', 'Smashed', 'The same seed, through the smashed model.'),
    difference: pictureCard('difference', 'Difference', 'Black where both agree.'),
  }
  const status = statusLine()
  const notes = { machine: el('p', { hidden: true }), smash: el('ul', { hidden: true }) }
  let wanted: Settings | undefined
  const compare = createComparison(
    client,
    stageOn(cards, status, notes, () => wanted?.input.steps ?? 0),
  )
  let stop = new AbortController()
  let running: Promise<void> = Promise.resolve()
  const run = async (settings: Settings, signal: AbortSignal): Promise<void> => {
    if (signal.aborted) return
    wanted = settings
    form.busy(true)
    status.clear()
    try {
      await compare(settings, signal)
      status.say('Done.')
    } catch (error) {
      if (signal.aborted) status.say('Cancelled.')
      else status.fail(error instanceof Error ? error.message : String(error))
    } finally {
      form.busy(false)
    }
  }
  const start = (settings: Settings): void => {
    stop.abort()
    stop = new AbortController()
    const { signal } = stop
    running = running.then(() => run(settings, signal))
  }
  let rest: ReturnType<typeof setTimeout> | undefined
  const form = settingsForm({
    generate(settings) {
      clearTimeout(rest)
      start(settings)
    },
    adjust(settings) {
      clearTimeout(rest)
      // Before the first picture there is nothing to adjust. The prompt stays what it was: its field may be half written.
      const base = wanted
      if (base) rest = setTimeout(() => start({ ...base, recipe: settings.recipe, controls: settings.controls }), restMs)
    },
    cancel: () => stop.abort(),
  }) // prettier-ignore
  const stage = el('div', { className: 'stage' }, cards.original.element, cards.smashed.element, cards.difference.element) // prettier-ignore
  place.append(
    header(),
    el(
      'main',
      {},
      form.element,
      el('div', {}, status.element, stage, el('div', { className: 'notes' }, notes.machine, notes.smash)),
    ),
  )
}

interface Cards {
  readonly original: PictureCard
  readonly smashed: PictureCard
  readonly difference: PictureCard
}

/** What is said under the pictures: of the machine, and of smashing. */
interface Notes {
  readonly machine: HTMLElement
  readonly smash: HTMLElement
}

function stageOn(cards: Cards, status: StatusLine, notes: Notes, steps: () => number): Stage {
  const bytes = { original: 0, smashed: 0 }
  const drawn: { original?: Drawn; smashed?: Drawn } = {}
  return {
    opened(model) {
      bytes.original = model.bytes
      fill(notes.smash)
      fill(
        notes.machine,
        `Runs on ${model.machine}.${model.notice ? ` ${model.notice}` : ''} Times are without loading and without the previews.`,
      )
    },
    smashed: model => {
      bytes.smashed = model.bytes
      fill(notes.smash, ...model.warnings.map(text => el('li', {}, text)))
    },
    cleared(side) {
      cards[side].clear()
      cards.difference.clear()
    },
    progress(side, progress) {
      status.progress(textOf(side, progress, steps()), progress)
      if (side === undefined || progress.kind !== 'step') return
      cards[side].show(progress.preview)
      cards[side].steps(progress.steps, steps())
    },
    drawn(side, made) {
      drawn[side] = made
      cards[side].show(made.picture)
      cards[side].steps(made.steps, made.steps.length)
      const other = side === 'smashed' ? drawn.original : undefined
      const full = made.steps.filter(({ isFull }) => isFull).length
      cards[side].figures(
        ['Time', seconds(made.ms), other && `${(other.ms / made.ms).toFixed(2)}× as fast`],
        ['Computed', `${full} of ${made.steps.length} steps`],
        ['Size', formatBytes(bytes[side]), sizeText(bytes, side)],
      )
    },
    compared({ picture, psnr, ssim, gain }) {
      cards.difference.show(picture)
      cards.difference.figures(
        ['PSNR', psnr === null ? 'equal' : `${psnr.toFixed(1)} dB`],
        ['SSIM', ssim.toFixed(4)],
        ['Shown', `${gain} times as strong`],
      )
    },
  }
}

function sizeText(bytes: Readonly<Record<Side, number>>, side: Side): string {
  const exact = `${bytes[side].toLocaleString('en')} bytes`
  const share = ((100 * bytes.smashed) / bytes.original).toFixed(1)
  return side === 'smashed' ? `${exact}, ${share} % of the original` : exact
}

function textOf(side: Side | undefined, progress: Progress, steps: number): string {
  if (progress.kind === 'step')
    return `Drawing the ${side ?? ''} picture: step ${progress.steps.length} of ${steps}`
  const { label, done, total } = progress
  return total === 0 ? `${label} …` : `${label}: ${formatBytes(done)} of ${formatBytes(total)}`
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`
}

function header(): HTMLElement {
  return el(
    'header',
    {},
    el('h1', {}, 'damson', el('span', {}, 'studio')),
    el(
      'p',
      {},
      'Pictures from text, drawn in this page: the original model beside the smashed one, from the same seed. Nothing leaves your machine.',
    ),
  )
}
