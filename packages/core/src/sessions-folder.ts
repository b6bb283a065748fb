// A model that was read as a file or from a plain folder, arranged as transformers.js wants it: one session a part, all
// in onnx/, where dtype variants can stand side by side.
import { refuse, type Refusal } from '@damson/graph'
import { createModel } from './model-value.ts'
import type { Model } from './model.ts'
import { hasUsualName } from './roles.ts'

/**
 * The model in the transformers.js layout; as it is when it lies so already. The only part of a model is called `model`,
 * which is the name that transformers.js opens, unless it has one of its other names or steps were applied under this one.
 * A refusal where parts lie in folders of their own (diffusers), which have no variants.
 */
export function asSessionsFolder(model: Model): Model | Refusal {
  if (model.layout === 'transformers.js') return model
  const nested = [...model.parts.values()].find(({ path }) => path.includes('/'))
  if (nested)
    return refuse(
      `has parts in folders of their own ("${nested.path}"), where transformers.js looks for onnx/<session>.onnx`,
    )
  const rename = model.parts.size === 1 && model.applied.length === 0 && model.ports.length === 0
  const parts = [...model.parts.values()].map(part => {
    const name = rename && !hasUsualName(part.name) ? 'model' : part.name
    return [name, { ...part, name, path: `onnx/${name}.onnx` }] as const
  })
  return createModel({
    parts: new Map(parts),
    layout: 'transformers.js',
    files: model.files,
    applied: model.applied,
    ports: model.ports,
    replays: model.replays,
    identity: model.identity,
    ...(model.price ? { price: model.price } : {}),
  })
}
