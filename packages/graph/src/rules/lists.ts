// The first rules as lists; lists spread. What belongs together in one `rewrite` stands together, and no list holds rules
// that undo each other.
import { constantToInitializer } from './constants.ts'
import { convBatchNorm } from './conv-bn.ts'
import { addZero, identity, onlyOne, timesOne } from './identities.ts'
import { dropout, padNothing } from './inference-identities.ts'
import { castToSame, castTwice, expandToSame, reshapeToSame, reshapeTwice, transposeNothing, transposeTwice } from './layout-identities.ts' // prettier-ignore
import type { Rule } from './rule.ts'

/** Operators that do nothing, alone or in pairs. */
export const identities: readonly Rule[] = [
  identity, addZero, timesOne, onlyOne, dropout, padNothing,
  transposeTwice, transposeNothing, castTwice, castToSame, reshapeTwice, reshapeToSame, expandToSame,
] // prettier-ignore

/** What every model may go through first: constants are initializers, nothing stands in the graph that does nothing. */
export const cleaning: readonly Rule[] = [constantToInitializer, ...identities]

/** What needs no choice: cleaning, and batch normalization folded into convolutions. */
export const simplification: readonly Rule[] = [...cleaning, convBatchNorm]
