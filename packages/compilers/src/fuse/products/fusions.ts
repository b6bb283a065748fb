// Products, convolutions and what stands around them. What ONNX Runtime does itself when it opens a model is not done unless
// it is named (`rules`); what puts a weight where no quantizer finds it also wants `absorb`.
import { convBatchNorm, matMulAddToGemm, nodeIdentity, phaseFilters, type Graph } from '@damson/graph'
import { fusionOf, type Fusion } from '../fusion.ts'
import { convActivation, gemmActivation } from './activated.ts'
import { biasSplitGelu } from './bias-split-gelu.ts'
import { embedding, secondOutputs } from './embedding.ts'
import { scaledMatMul, turnedMatMul } from './matmul.ts'

const whenNamed = (): boolean => false

/** WebGPU has no kernel for it. */
const byRule = fusionOf(
  { name: 'embedding-norm', kind: 'embedding', targets: target => target !== 'webgpu', absorbs: true },
  [embedding],
)
const embeddingNorm: Fusion = {
  ...byRule,
  apply: (graph, options) => {
    const { graph: fused, count } = byRule.apply(graph, options)
    return { graph: secondOutputs(fused), count }
  },
}

const everyPhase = fusionOf({ name: 'conv-phases', kind: 'convolution' }, [phaseFilters])
const convPhases: Fusion = {
  ...everyPhase,
  // Convolutions of what is joined otherwise are many, and no near-misses.
  nearMisses: (graph, options) =>
    everyPhase.nearMisses(graph, options).filter(({ node }) => convolvesSlices(graph, node)),
}

function convolvesSlices(graph: Graph, identity: string): boolean {
  const convolution = graph.nodes.find(node => nodeIdentity(node) === identity)
  const joined = graph.producer(convolution?.inputs[0] ?? '')
  return joined?.op === 'Concat' && joined.inputs.every(name => graph.producer(name)?.op === 'Slice')
}

export const productFusions: readonly Fusion[] = [
  fusionOf(
    {
      name: 'bias-split-gelu',
      kind: 'activation',
      targets: target => target === 'webgpu' || target === 'cuda',
    },
    [biasSplitGelu],
  ),
  fusionOf({ name: 'gemm', kind: 'product', targets: whenNamed }, [matMulAddToGemm]),
  fusionOf({ name: 'fused-matmul', kind: 'product', targets: whenNamed }, [turnedMatMul, scaledMatMul]),
  fusionOf({ name: 'gemm-activation', kind: 'product', targets: whenNamed, absorbs: true }, [gemmActivation]),
  fusionOf({ name: 'conv-batch-norm', kind: 'convolution', targets: whenNamed }, [convBatchNorm]),
  fusionOf({ name: 'conv-activation', kind: 'convolution', targets: whenNamed, absorbs: true }, [
    convActivation,
  ]),
  convPhases,
  embeddingNorm,
]
