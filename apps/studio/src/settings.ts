// What the form says, and the texts by which two of them are told apart.
import type { ServedModel } from './models.ts'
import type { Controls, DrawInput, MachineChoice } from './protocol.ts'
import type { Recipe } from './recipes.ts'

export interface Settings {
  readonly model: ServedModel
  readonly machine: MachineChoice
  readonly input: DrawInput
  readonly recipe: Recipe
  readonly controls: Controls
}

/** What must be the same for a picture of the original to stand. */
export function originalKey({ model, machine, input }: Settings): string {
  return JSON.stringify([model.name, machine, input])
}

/** What must be the same for an open model to stay open. */
export function modelKey({ model, machine }: Settings): string {
  return JSON.stringify([model.name, machine])
}

/** What must be the same for a smashed model to stay open. The slider moves without a new smash. */
export function recipeKey(settings: Settings): string {
  return JSON.stringify([modelKey(settings), settings.recipe])
}
