// From a class name of diffusers to the scheduler.
import { DamsonError } from '@damson/graph'
import { ddim } from './ddim.ts'
import { ddpm } from './ddpm.ts'
import { dpmSolverMultistep } from './dpm-solver-multistep.ts'
import { euler } from './euler.ts'
import { eulerAncestral } from './euler-ancestral.ts'
import { flowMatchEuler } from './flow-match-euler.ts'
import { heun } from './heun.ts'
import { lcm } from './lcm.ts'
import { pndm } from './pndm.ts'
import type { Scheduler, SchedulerConfig } from './scheduler.ts'
import { uniPc } from './uni-pc.ts'

const schedulers = {
  DDIMScheduler: ddim,
  DDPMScheduler: ddpm,
  EulerDiscreteScheduler: euler,
  EulerAncestralDiscreteScheduler: eulerAncestral,
  HeunDiscreteScheduler: heun,
  DPMSolverMultistepScheduler: dpmSolverMultistep,
  UniPCMultistepScheduler: uniPc,
  LCMScheduler: lcm,
  PNDMScheduler: pndm,
  FlowMatchEulerDiscreteScheduler: flowMatchEuler,
} as const satisfies Record<string, (config: SchedulerConfig) => Scheduler>

/** Class names of the schedulers there are. */
export type SchedulerName = keyof typeof schedulers

/** The scheduler of a class name, made from its `scheduler_config.json`. Throws `unknown-scheduler`. */
export function schedulerOf(name: string, config: SchedulerConfig = {}): Scheduler {
  const found = Object.entries(schedulers).find(([each]) => each === name)
  if (found) return found[1](config)
  throw new DamsonError(
    'unknown-scheduler',
    `Expected one of the schedulers ${Object.keys(schedulers).join(', ')}, got "${name}". ` +
      'Pass another with { scheduler }: the weights do not depend on it.',
  )
}
