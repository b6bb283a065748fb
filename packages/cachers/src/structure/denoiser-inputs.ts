// What a denoiser is fed, by what changes within a generation: the latents and the time do, everything else (text, sizes,
// positions, guidance) stays. Names are those of diffusers' exports; a graph with other names is read by its types.
import { refuse, type Part } from '@damson/core'
import type { Graph, Refusal, ValueInfo } from '@damson/graph'

export interface DenoiserInputs {
  /** The noisy latents. */
  readonly sample: string
  readonly timestep: string | undefined
  /** What is the same at every step of a generation. */
  readonly constant: readonly string[]
}

const sampleNames = ['sample', 'hidden_states', 'latent_model_input', 'latents', 'x', 'x_t']
/** What the field calls the time that a denoiser is fed. */
export const timeNames: readonly string[] = ['timestep', 'timesteps', 't', 'time', 'sigma']

/** Of inputs whose graph is not at hand: the latents, by name; undefined where none or two go by a name of the field. */
export function sampleName(names: readonly string[]): string | undefined {
  const found = names.filter(name => sampleNames.includes(name))
  return found.length === 1 ? found[0] : undefined
}

/**
 * Of inputs whose graph is not at hand: those that stay the same, by name. Where the latents or the time go by no name of the
 * field, or by two, all are taken to stay, which is safe for who compares them.
 */
export function constantNames(names: readonly string[]): readonly string[] {
  const only = (known: readonly string[]): readonly string[] => {
    const found = names.filter(name => known.includes(name))
    return found.length === 1 ? found : []
  }
  const changing = new Set([...only(sampleNames), ...only(timeNames)])
  return names.filter(name => !changing.has(name))
}

/** The inputs by kind; undefined when none of them can be the latents. */
export function denoiserInputs(graph: Graph): DenoiserInputs | undefined {
  const inputs = graph.requiredInputs()
  const named = (names: readonly string[]): ValueInfo | undefined =>
    inputs.find(({ name }) => names.includes(name))
  const sample = named(sampleNames) ?? inputs.find(input => dimsOf(input) >= 3)
  if (!sample) return undefined
  const time = named(timeNames) ?? inputs.find(input => input !== sample && dimsOf(input) <= 1)
  return {
    sample: sample.name,
    timestep: time?.name,
    constant: inputs.filter(input => input !== sample && input !== time).map(({ name }) => name),
  }
}

/** The inputs of a denoiser; a refusal for any other part. */
export function denoiserOf({ name, role, graph }: Part): DenoiserInputs | Refusal {
  if (role !== 'denoiser') return refuse(`has the role "${role}"; only a denoiser is run once a step`, name)
  return denoiserInputs(graph) ?? refuse('has no input that could be the latents', name)
}

function dimsOf({ type }: ValueInfo): number {
  return type?.kind === 'tensor' ? (type.shape?.length ?? Number.NaN) : Number.NaN
}
