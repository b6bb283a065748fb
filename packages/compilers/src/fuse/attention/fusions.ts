// Attentions, in the order in which they are tried.
import type { Fusion } from '../fusion.ts'

export const attentionFusions: readonly Fusion[] = []
