// The pictures of both models: the grid where the terminal shows pictures, and a row a prompt.
import type { ComparedPictures } from './compare-pictures.ts'
import { table } from './table.ts'
import type { Terminal } from './terminal.ts'
import { decibelText, plural, ratioText, timeText } from './units.ts'

/** No more characters than this: wider pictures of half blocks are no clearer. */
const widest = 160

/** Prints how like the original the pictures are, and how much faster they were drawn. */
export async function showPictures(
  { report, grid, png, file }: ComparedPictures,
  terminal: Terminal,
): Promise<void> {
  const { out, colors, graphics, columns } = terminal
  const { pictures, latency, steps, guidance, seed } = report
  const rows = pictures.map(({ prompt, psnr, ssim, ms: [before, after] }) => [
    prompt, decibelText(psnr ?? Infinity), ssim.toFixed(4), timeText(before), timeText(after), ratioText(before / after),
  ]) // prettier-ignore
  const [low, high] = latency.interval
  const speedUp = `${ratioText(1 / latency.ratio)} (${(1 / high).toFixed(2)}–${(1 / low).toFixed(2)})`
  const last = [
    'median', decibelText(report.psnr ?? Infinity), report.ssim.toFixed(4), timeText(latency.before), timeText(latency.after), speedUp,
  ] // prettier-ignore
  const where = file === undefined ? '' : ` in ${file}`
  out(`\n${colors.bold('Pictures')}${where}: the original on the left of each pair`)
  if (graphics !== 'none') {
    const { terminalPicture } = await import('../pictures/terminal-picture.ts')
    out(terminalPicture(grid, png, graphics, Math.min(columns, widest)))
  }
  const head = ['picture', 'PSNR', 'SSIM', 'drawn before', 'after', 'speed-up (95 %)']
  out(table(head, [...rows, last], colors))
  const how = [
    plural(pictures.length, 'prompt'),
    steps === undefined ? '' : plural(steps, 'step'),
    guidance === undefined ? '' : `guidance ${guidance}`,
    `seeds from ${seed}`,
  ]
  const text = `${how.filter(Boolean).join(', ')}; the whole way from the prompt to the picture, in turn.`
  out(colors.dim(`  ${text}`))
}
