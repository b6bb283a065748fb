// Facts are what holds at a site and what algorithms rely on. They live in one table, so that N algorithms need N
// declarations; third parties add `x:<package>/<name>` with a probe of their own, in the `facts` of the algorithm.
// A fact holds at weights, at nodes or of a part; a part site in a group stands for every weight or node of the part.
import type { AnyAlgorithm, Site } from './algorithm.ts'
import type { Model, Part } from './model.ts'
import {
  isCoded, isFloat, isFloat32, isPlain, isStaticShape, keepsInputs, runsAlways,
} from './fact-probes.ts' // prettier-ignore

/** The facts damson knows. @experimental */
export type KnownFact =
  | 'weight:float' | 'weight:float32' | 'weight:coded' | 'weight:dense' | 'op:plain' | 'run:always'
  | 'loop:denoise' | 'loop:decode' | 'shape:static' | 'io:source' | 'graph:open' // prettier-ignore

export type ThirdPartyFact = `x:${string}/${string}`
export type Fact = KnownFact | ThirdPartyFact

/** What one fact is. */
export interface FactInfo {
  /** What it says of a site, as a sentence. */
  readonly sentence: string
  /** Where it holds. Facts of a part or of how it is run hold for the part as a whole. */
  readonly scope: 'weight' | 'node' | 'part' | 'run'
  /** Whether it holds before any step where no probe can tell. */
  readonly initially: boolean
  /** Reads the fact from the graph; undefined where the graph does not show it or the site is none of its business. */
  readonly probe?: (site: Site, part: Part, model?: Model) => boolean | undefined
  /** What holds wherever this does. Who takes the implied fact takes this one too. */
  readonly implies?: readonly Fact[]
}

/** The table. */
export const facts: Readonly<Record<KnownFact, FactInfo>> = {
  'weight:float': {
    sentence: 'the weight is stored as fp32, fp16 or bf16',
    scope: 'weight',
    initially: true,
    probe: isFloat,
  },
  'weight:float32': {
    // Solvers that want full precision need it; `half` takes it without needing it, and so comes after them.
    sentence: 'the weight is stored as fp32',
    scope: 'weight',
    initially: true,
    probe: isFloat32,
    implies: ['weight:float'],
  },
  'weight:coded': {
    sentence: 'the weight is stored as codes with scales',
    scope: 'weight',
    initially: false,
    probe: isCoded,
  },
  'weight:dense': {
    sentence: 'the weight has no zeros that a pruner put there',
    scope: 'weight',
    initially: true,
  },
  'op:plain': {
    sentence:
      'the node is an operator of ONNX itself that computes in floating point, neither fused nor quantized',
    scope: 'node',
    initially: true,
    probe: isPlain,
  },
  'run:always': {
    sentence: 'the node runs at every call of its part',
    scope: 'node',
    initially: true,
    probe: runsAlways,
  },
  'loop:denoise': {
    sentence: 'the part is called once or more for every step of a denoising loop',
    scope: 'run',
    initially: false,
    probe: (_site, part) => part.role === 'denoiser',
  },
  'loop:decode': {
    sentence: 'the part is called for every token of a decoding loop',
    scope: 'run',
    initially: false,
    probe: (_site, part) => part.role === 'decoder',
  },
  'shape:static': {
    sentence: 'every input of the part has a fixed shape',
    scope: 'part',
    initially: false,
    probe: isStaticShape,
  },
  'io:source': {
    sentence: 'the part has the inputs and outputs of the model that was read',
    scope: 'part',
    initially: true,
    probe: keepsInputs,
  },
  'graph:open': {
    sentence: 'the graph may still be edited',
    scope: 'part',
    initially: true,
  },
}

/** Facts by name: the table, and those of the algorithms at hand. */
export type FactTable = ReadonlyMap<string, FactInfo>

/** The table extended by the `facts` of algorithms. */
export function factTable(algorithms: Iterable<AnyAlgorithm> = []): FactTable {
  const table = new Map<string, FactInfo>(Object.entries(facts))
  for (const algorithm of algorithms) {
    for (const [name, info] of Object.entries(algorithm.facts ?? {})) table.set(name, info)
  }
  return table
}

/** A fact with everything that it implies. */
export function implied(table: FactTable, fact: Fact): readonly Fact[] {
  return [fact, ...(table.get(fact)?.implies ?? []).flatMap(each => implied(table, each))]
}

/** A fact with everything that cannot hold without it: what goes when it is taken. */
export function implying(table: FactTable, fact: Fact): readonly Fact[] {
  const direct = [...table].flatMap(([name, info]) =>
    info.implies?.includes(fact) === true && isFact(name) ? implying(table, name) : [],
  )
  return [fact, ...direct]
}

/** True for a name of the table or of a third party. */
export function isFact(name: string): name is Fact {
  return Object.hasOwn(facts, name) || /^x:[^/]+\/.+$/.test(name)
}
