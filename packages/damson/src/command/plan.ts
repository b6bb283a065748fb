// What would happen, and whether the steps go together: without doing any of it.
import { formatPlan, formatRecipe, plan, planJson, type Model, type Plan, type Step } from '@damson/core'
import { exitCodes } from './exit-codes.ts'
import { writeTextFile } from './files.node.ts'
import { pathIn } from './places.ts'
import type { Terminal } from './terminal.ts'

export interface PlanOptions {
  readonly target?: string
  readonly inOrder?: boolean
  readonly write?: string
  readonly json?: boolean
}

/** Plans the steps as the command line asks. */
export function planned(model: Model, steps: readonly Step[], { target, inOrder }: PlanOptions): Plan {
  return plan(model, steps, {
    ...(target === undefined ? {} : { target }),
    ...(inOrder === true ? { order: 'given' as const } : {}),
  })
}

/** Prints a plan and writes its recipe where asked. Conflicts give exit code 3. */
export async function runPlan(
  model: Model,
  steps: readonly Step[],
  options: PlanOptions,
  terminal: Terminal,
): Promise<number> {
  const made = planned(model, steps, options)
  if (options.json === true) terminal.out(JSON.stringify(planJson(made), undefined, 2))
  else
    terminal.out(
      made.steps.length === 0 && made.conflicts.length === 0
        ? 'No steps: the model stays as it is.'
        : formatPlan(made),
    )
  if (made.conflicts.length > 0) return exitCodes.conflict
  if (options.write !== undefined) {
    const recipe = formatRecipe(made.steps.map(({ step }) => step))
    await writeTextFile(pathIn(terminal.cwd, options.write), `${JSON.stringify(recipe, undefined, 2)}\n`)
    terminal.note(`Wrote the recipe to ${options.write}`)
  }
  return exitCodes.done
}
