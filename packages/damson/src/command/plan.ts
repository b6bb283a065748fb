// What would happen, and whether the steps go together: without doing any of it.
import { DamsonError, formatPlan, formatRecipe, plan, planJson, type Model, type Plan } from '@damson/core'
import { exitCodes } from './exit-codes.ts'
import { writeTextFile } from './files.node.ts'
import { pathIn } from './places.ts'
import type { Terminal } from './terminal.ts'
import type { Wanted } from './wanted.ts'

export interface PlanOptions {
  readonly target?: string
  readonly inOrder?: boolean
  readonly write?: string
  readonly json?: boolean
}

/** Plans what is wanted as the command line asks. Optional steps that find nowhere to work are left out. */
export function planned(
  model: Model,
  { steps, optional }: Pick<Wanted, 'steps' | 'optional'>,
  options: PlanOptions,
): Plan {
  const { target, inOrder } = options
  const made = plan(model, steps, {
    ...(target === undefined ? {} : { target }),
    ...(inOrder === true ? { order: 'given' as const } : {}),
  })
  const ids = new Map(made.steps.map(({ id, step }) => [id, step]))
  const idle = made.conflicts.flatMap(({ code, steps: at }) => {
    const step = code === 'no-site' || code === 'refused' ? ids.get(at[0] ?? '') : undefined
    return step && optional.includes(step) ? [step] : []
  })
  return idle.length === 0
    ? made
    : planned(model, { steps: steps.filter(step => !idle.includes(step)), optional }, options)
}

/** Prints plans and writes the recipe where asked. Conflicts give exit code 3. */
export async function runPlan(
  model: Model,
  wanted: readonly [Wanted, ...Wanted[]],
  options: PlanOptions,
  terminal: Terminal,
): Promise<number> {
  const plans = wanted.map(each => [each.name ?? '', planned(model, each, options)] as const)
  const [[, first] = ['', undefined], ...more] = plans
  if (options.json === true) {
    const document =
      more.length === 0 && first
        ? planJson(first)
        : { variants: plans.map(([name, made]) => ({ name, plan: planJson(made) })) }
    terminal.out(JSON.stringify(document, undefined, 2))
  } else
    terminal.out(
      plans.map(([name, made]) => planText(made, more.length > 0 ? name : '', terminal)).join('\n\n'),
    )
  if (plans.some(([, made]) => made.conflicts.length > 0)) return exitCodes.conflict
  if (options.write !== undefined && more.length > 0) {
    const names = plans.map(([name]) => name).join(', ')
    throw new DamsonError(
      'invalid-preset',
      `Expected one preset with --write, which writes one recipe, got ${names}.`,
    )
  }
  if (options.write !== undefined && first) await writeRecipe(first, options.write, terminal)
  return exitCodes.done
}

/** A plan as text, below the name of its variant when there are several. */
export function planText(made: Plan, name: string, { colors }: Terminal): string {
  const text =
    made.steps.length === 0 && made.conflicts.length === 0
      ? 'No steps: the model stays as it is.'
      : formatPlan(made)
  return name === '' ? text : `${colors.bold(name)}\n${text}`
}

async function writeRecipe(made: Plan, file: string, { cwd, note }: Terminal): Promise<void> {
  const recipe = formatRecipe(made.steps.map(({ step }) => step))
  await writeTextFile(pathIn(cwd, file), `${JSON.stringify(recipe, undefined, 2)}\n`)
  note(`Wrote the recipe to ${file}`)
}
