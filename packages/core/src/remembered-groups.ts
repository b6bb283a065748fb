// What an algorithm says to a part hangs on the step, the part and the target, and costs the analysis of a graph. Planning
// asks again for every recipe that it tries in place of one with conflicts, and once more when the plan is carried out.
import type { Refusal } from '@damson/graph'
import type { Group, Step } from './algorithm.ts'
import type { Part } from './model.ts'

type Answer = readonly Group[] | Refusal

const answers = new WeakMap<Part, WeakMap<Step, Map<string, Answer>>>()

/** The answer for these very objects, asked for once. `context`: what else it hangs on. */
export function rememberedGroups(part: Part, step: Step, context: string, ask: () => Answer): Answer {
  const ofPart = answers.get(part) ?? new WeakMap<Step, Map<string, Answer>>()
  answers.set(part, ofPart)
  const ofStep = ofPart.get(step) ?? new Map<string, Answer>()
  ofPart.set(step, ofStep)
  const answer = ofStep.get(context) ?? ask()
  ofStep.set(context, answer)
  return answer
}
