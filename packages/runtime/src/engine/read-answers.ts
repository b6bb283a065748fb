// What comes back from the other side of a worker or process. Both sides are this package, so the answers are what the
// requests promise; this is where they get their types.
import type { EngineInfo, EngineRan, SessionShape } from './engine.ts'

/** The answer to `open`. */
export const readShape = (value: unknown): SessionShape => value as SessionShape
/** The answer to `info`. */
export const readInfo = (value: unknown): EngineInfo => value as EngineInfo
/** The answer to `run`. */
export const readRan = (value: unknown): EngineRan => value as EngineRan
