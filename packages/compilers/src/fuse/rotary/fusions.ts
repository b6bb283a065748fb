// Rotary embeddings, in the order in which they are tried.
import type { Fusion } from '../fusion.ts'

export const rotaryFusions: readonly Fusion[] = []
