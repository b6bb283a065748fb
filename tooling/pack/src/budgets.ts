// What a package weighs: all of its built JavaScript, gzipped, against the budget that budgets.json gives it.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Package } from './packages.ts'

/** Budgets in gzipped bytes, by package name. */
export type Budgets = Readonly<Record<string, number>>

/** The committed budgets. */
export function readBudgets(): Budgets {
  return JSON.parse(readFileSync(new URL('../budgets.json', import.meta.url), 'utf8'))
}

/** Gzipped bytes of the JavaScript in `dist`. */
export function gzippedBytes(folder: string): number {
  const files = readdirSync(join(folder, 'dist'), { recursive: true, encoding: 'utf8' })
  return files
    .filter(file => file.endsWith('.js'))
    .reduce((sum, file) => sum + gzipSync(readFileSync(join(folder, 'dist', file))).length, 0)
}

/** Packages over their budget, and packages without one. */
export function budgetProblems(packages: readonly Package[], budgets: Budgets): readonly string[] {
  return packages.flatMap(({ name, folder }) => {
    const bytes = gzippedBytes(folder)
    const budget = budgets[name]
    if (budget === undefined) return [`${name}: ${bytes} bytes gzipped and no budget: add it to budgets.json`]
    return bytes > budget ? [`${name}: ${bytes} bytes gzipped, ${budget} are allowed`] : []
  })
}
