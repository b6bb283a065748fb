// Fuse. Say in at most eight lines what the idea is and why it works, with its formula:
//   w' = min(max(w, -limit), limit)
import {
  defineAlgorithm,
  real,
  refuse,
  type Context,
  type Group,
  type Part,
  type Refusal,
} from '@damson/core'
import {
  computeTensors,
  Draft,
  mapBodies,
  weights,
  type Graph,
  type Tensor,
  type Weight,
} from '@damson/graph'

const id = '@damson/compilers/fuse'
const version = 1

const params = {
  /** Largest magnitude that a weight keeps. */
  limit: real({ min: 0, max: Infinity, default: 0.3, doc: 'Largest magnitude that a weight keeps.' }),
}

type Ctx = Context<typeof params>

/** Fuse: what holds for its users, in a sentence. */
export const fuse = defineAlgorithm({
  id,
  version,
  summary: 'Clips the weights of matrix products.',
  contract: { needs: ['weight:float32'], changes: true },
  params,
  groups: groupsOf,
  rewrite: (model, ctx) =>
    ctx.parts.reduce((changed, name) => changed.withGraph(name, clipPart(changed.part(name), ctx)), model),
})

function groupsOf(part: Part): readonly Group[] | Refusal {
  const matrices = weights(part.graph).filter(isMatrix)
  if (matrices.length === 0) return refuse('has no float32 matrix', part.name)
  return matrices.map(weight => ({ sites: [{ weight }], needs: ['weight:float32'], changes: true }))
}

function isMatrix({ storage, tensor }: Weight): boolean {
  return storage === 'initializer' && tensor.dtype === 'float32' && tensor.shape.length === 2
}

function clipPart(part: Part, ctx: Ctx): Graph {
  const sites = ctx.groups(part).flatMap(group => group.sites)
  const claimed = sites.flatMap(site => ('weight' in site ? [site.weight] : []))
  return mapBodies(part.graph, (body, scope) => {
    const mine = claimed.filter(weight => weight.scope.path === scope.path)
    if (mine.length === 0) return body
    const draft = new Draft(body, scope)
    for (const { name, tensor, origins } of mine) {
      draft.setInitializer(name, clip(tensor, ctx.params.limit), { origins })
    }
    return draft.finish()
  })
}

/** Nothing is computed until somebody reads or writes the tensor; then it streams through, band by band. */
function clip(tensor: Tensor, limit: number): Tensor {
  const bandBytes = 1 << 22
  const [clipped] = computeTensors({
    key: `${id}:${version}:${limit}:${tensor.key}`,
    cost: tensor.byteLength,
    outputs: [{ dtype: tensor.dtype, shape: tensor.shape }],
    run: async (write, { signal }) => {
      for (let offset = 0; offset < tensor.byteLength; offset += bandBytes) {
        signal?.throwIfAborted()
        const band = new Float32Array(Math.min(bandBytes, tensor.byteLength - offset) / 4)
        const bytes = new Uint8Array(band.buffer)
        await tensor.read({ offset, into: bytes })
        band.forEach((w, i) => (band[i] = Math.min(Math.max(w, -limit), limit)))
        await write(0, offset, bytes)
      }
    },
  })
  return clipped ?? tensor
}
