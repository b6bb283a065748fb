// What every scheduler is: tables made from `scheduler_config.json`, and pure steps over flat arrays. State is data that the
// caller holds, noise comes from the caller, so a generation can be stopped, stored, repeated, and compared number by number.

/** `scheduler_config.json` as diffusers writes it. */
export type SchedulerConfig = Readonly<Record<string, unknown>>

/** What a scheduler remembers between calls. Begin with `startState`. */
export interface SchedulerState {
  /** Calls of `step` so far. */
  readonly calls: number
  /** Earlier outputs of the denoiser, converted as the scheduler needs them, the newest last. */
  readonly outputs: readonly Float32Array[]
  /** An earlier sample that a later call goes back to (Heun, PNDM, UniPC). */
  readonly sample?: Float32Array
  /** A sum of outputs under way (the Runge-Kutta steps of PNDM). */
  readonly sum?: Float32Array
}

export const startState: SchedulerState = { calls: 0, outputs: [] }

export interface StepInput {
  readonly sample: Float32Array
  /** What the denoiser gave for `scaleInput(sample, index)`. */
  readonly output: Float32Array
  /** Which of `timesteps`. */
  readonly index: number
  readonly state: SchedulerState
  /** Standard normal numbers, as many as the sample has; needed where `needsNoise(index)`. */
  readonly noise?: Float32Array
}

export interface StepResult {
  readonly sample: Float32Array
  /** The finished sample as it can be guessed now; what previews show. */
  readonly denoised: Float32Array
  readonly state: SchedulerState
}

export interface ScheduleOptions {
  readonly steps: number
  /** Flow matching: noise levels in 1…0 before any shift, one a step; default evenly spaced. */
  readonly sigmas?: readonly number[]
  /** Flow matching with `use_dynamic_shifting`: the shift of this picture size. */
  readonly mu?: number
  /** DDIM: 0 (default) draws no noise, 1 as much as DDPM. */
  readonly eta?: number
  /** LCM: the share of the steps that an image-to-image run takes; it changes which timesteps those are. Default 1. */
  readonly strength?: number
}

export interface Schedule {
  /** What the denoiser is told at each call; Heun and PNDM call more than once a step. */
  readonly timesteps: readonly number[]
  /** Noise levels, one more than timesteps; empty where a scheduler has none. */
  readonly sigmas: readonly number[]
  /** Calls a step: 2 for Heun. */
  readonly order: 1 | 2
  /** Standard deviation of the noise that generation from nothing starts with. */
  readonly startScale: number
  /** Whether the step at this index draws noise. */
  needsNoise(index: number): boolean
  /** What the denoiser is fed. */
  scaleInput(sample: Float32Array, index: number): Float32Array
  step(input: StepInput): StepResult
  /** A finished sample with as much noise as there is before the call at `index`. */
  addNoise(clean: Float32Array, noise: Float32Array, index: number): Float32Array
}

export interface Scheduler {
  /** The class name in diffusers. */
  readonly name: string
  readonly config: SchedulerConfig
  /** Throws `scheduler-option` for more steps than the model was trained with, or options that this scheduler has not. */
  schedule(options: ScheduleOptions): Schedule
}
