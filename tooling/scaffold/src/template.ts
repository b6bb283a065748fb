// The first texts of an algorithm and of its test: a working start in the shape that algorithms have, so that the suite
// passes before the idea is filled in. Cachers act around runs, all others start from a rewrite of weights.
import { readFileSync } from 'node:fs'
import type { Names } from './names.ts'

/** `src/algorithms/<stem>.ts` */
export function algorithmText(names: Names): string {
  return filled(`${kindOf(names)}.ts.txt`, names)
}

/** `src/algorithms/<stem>.test.ts` */
export function testText(names: Names): string {
  return filled(`${kindOf(names)}.test.ts.txt`, names)
}

function kindOf({ family }: Names): 'rewrite' | 'wrap' {
  return family === 'cachers' ? 'wrap' : 'rewrite'
}

/** A template with `{{exported}}` and its like replaced by the names. */
function filled(template: string, names: Names): string {
  const text = readFileSync(new URL(`../templates/${template}`, import.meta.url), 'utf8')
  return Object.entries(names).reduce((done, [key, value]) => done.replaceAll(`{{${key}}}`, value), text)
}
