// Tests over the zoo, so that no model is left out without a word: one that this machine has is tested, one that
// it has not is reported as skipped, and once DAMSON_ZOO is set a missing one fails (a CI that lost its zoo
// must not pass).
import { test } from 'vitest'
import { requireZoo, zooCatalogue, zooFile, type ZooEntry } from './zoo.ts'

type Run = (file: string, entry: ZooEntry) => void | Promise<void>

/** Whether the whole zoo is expected here. */
export function zooIsComplete(): boolean {
  return Boolean(process.env['DAMSON_ZOO'])
}

/** One test on one file or folder of the zoo: `zooTest('emoji/emoji-unet', 'is a model of four parts', folder => …)`. */
export function zooTest(path: string, title: string, run: (file: string) => void | Promise<void>): void {
  const absent = zooFile(path) === undefined && !zooIsComplete()
  if (absent) test.skip(`${title} [${path}: needs DAMSON_ZOO]`, () => {})
  else test(`${title} [${path}]`, () => run(requireZoo(path)))
}

/** One test for each `.onnx` file of the zoo; `only` keeps those it accepts. */
export function eachZooModel(title: string, run: Run, only: (entry: ZooEntry) => boolean = () => true): void {
  for (const entry of zooCatalogue().filter(only)) zooTest(entry.path, title, file => run(file, entry))
}
