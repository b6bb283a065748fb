// Speed-up against PSNR: fewer steps as a line, every cacher as points of its own colour. SVG, by Vega.
import { compile, type TopLevelSpec } from 'vega-lite'
import { parse, View } from 'vega'
import type { Judged } from './cachers-page.ts'

export async function plotCachers(rows: readonly Judged[]): Promise<string> {
  const values = rows
    .filter(({ course }) => course.kind !== 'ingredient')
    .map(({ course, speedUp, psnr }) => ({
      name: course.kind === 'fewer' ? 'fewer steps' : seriesOf(course.name, course.setting),
      kind: course.kind,
      speedUp: speedUp.median,
      psnr: Math.min(60, psnr),
    }))
  const names = [
    'fewer steps',
    ...new Set(values.map(({ name }) => name).filter(name => name !== 'fewer steps')),
  ]
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width: 640,
    height: 380,
    background: 'white',
    data: { values },
    encoding: {
      x: {
        field: 'speedUp',
        type: 'quantitative',
        title: 'speed-up of the whole generation over plain fp32',
        scale: { type: 'log', nice: false },
        axis: { values: [1, 1.5, 2, 3, 4, 5, 6, 8, 10] },
      },
      y: {
        field: 'psnr',
        type: 'quantitative',
        title: 'PSNR of the picture against plain fp32, dB',
        scale: { zero: false },
      },
      color: {
        field: 'name',
        type: 'nominal',
        title: null,
        scale: { domain: names, range: ['black', ...colours] },
      },
    },
    layer: [
      {
        transform: [{ filter: "datum.kind == 'fewer'" }],
        mark: { type: 'line', point: { filled: true, size: 25 }, strokeWidth: 2 },
      },
      {
        transform: [{ filter: "datum.kind == 'cacher'" }],
        mark: { type: 'line', point: { filled: true, size: 60 }, strokeWidth: 1, strokeDash: [2, 2] },
      },
    ],
  }
  return new View(parse(compile(spec).spec), { renderer: 'none' }).toSVG()
}

/** taylorSeer is measured in two scopes. */
function seriesOf(name: string, setting: string): string {
  return setting.startsWith('output') ? `${name}, output` : name
}

/** Paul Tol's muted scheme and a few more: told apart by the colour-blind too. */
const colours: readonly string[] = [
  '#cc3311',
  '#332288',
  '#88ccee',
  '#117733',
  '#999933',
  '#ddcc77',
  '#cc6677',
  '#882255',
  '#aa4499',
  '#44aa99',
  '#777777',
  '#ee7733',
]
