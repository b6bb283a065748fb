// An algorithm of somebody else, in plain JavaScript, in a package that is no part of the monorepo.
import { defineAlgorithm, real, refuse } from '@damson/core'
import { Draft, mapBodies, memoryTensor, weights } from '@damson/graph'

export const clip = defineAlgorithm({
  id: 'someone-elses/clip',
  version: 1,
  summary: 'Clips the small matrices of a model.',
  contract: { needs: ['weight:float32'], changes: true },
  params: {
    limit: real({ min: 0, max: Infinity, default: 0.3, doc: 'Largest magnitude that a weight keeps.' }),
  },
  groups: part => {
    const matrices = weights(part.graph).filter(isSmallMatrix)
    if (matrices.length === 0) return refuse('has no small float32 matrix', part.name)
    return matrices.map(weight => ({ sites: [{ weight }], needs: ['weight:float32'], changes: true }))
  },
  rewrite: (model, ctx) =>
    ctx.parts.reduce((changed, name) => changed.withGraph(name, clipPart(changed.part(name), ctx)), model),
})

function isSmallMatrix({ storage, tensor }) {
  return storage === 'initializer' && tensor.dtype === 'float32' && tensor.shape.length === 2 && tensor.data
}

function clipPart(part, ctx) {
  const claimed = ctx.groups(part).flatMap(group => group.sites.map(site => site.weight))
  return mapBodies(part.graph, (body, scope) => {
    const mine = claimed.filter(weight => weight.scope.path === scope.path)
    if (mine.length === 0) return body
    const draft = new Draft(body, scope)
    for (const { name, tensor, origins } of mine) {
      const w = new Float32Array(tensor.data.slice().buffer)
      const clipped = w.map(x => Math.min(Math.max(x, -ctx.params.limit), ctx.params.limit))
      draft.setInitializer(name, memoryTensor('float32', tensor.shape, clipped), { origins })
    }
    return draft.finish()
  })
}
