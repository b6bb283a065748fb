// What a measured choice or a prepared file depends on: the processor and the ONNX Runtime, not how busy or how old a machine is.
import { refuse, type MachineTraits, type Refusal, type Target } from '@damson/core'

/** The traits that are recorded. */
export type RecordedTraits = {
  readonly target: Target
  readonly platform: string
  readonly arch: string
  readonly ort: string
  readonly features: readonly string[]
  /** Recorded where the number of cores decides. */
  readonly cores?: number
}

/** What is recorded of a machine; its cores where they decide. */
export function recordedTraits(
  { platform, arch, ort, features, cores }: MachineTraits,
  target: Target,
  withCores: boolean,
): RecordedTraits {
  return { target, platform, arch, ort, features: features.toSorted(), ...(withCores ? { cores } : {}) }
}

/** Undefined where this machine is like the recorded one; else a refusal that names what differs. */
export function differsFrom(
  recorded: RecordedTraits,
  machine: MachineTraits,
  target: Target,
): Refusal | undefined {
  const now = recordedTraits(machine, target, recorded.cores !== undefined)
  const words: Readonly<Record<keyof RecordedTraits, string>> = {
    target: 'target', platform: 'system', arch: 'architecture', ort: 'version of ONNX Runtime',
    features: 'instruction sets of the processor', cores: 'number of cores',
  } // prettier-ignore
  for (const key of ['target', 'platform', 'arch', 'ort', 'features', 'cores'] as const) {
    const [then, here] = [textOf(recorded[key]), textOf(now[key])]
    if (then !== here) return refuse(`was made for another ${words[key]}: ${then}, here ${here}`)
  }
  return undefined
}

const textOf = (value: RecordedTraits[keyof RecordedTraits]): string =>
  typeof value === 'object' ? value.join(' ') : String(value)
