// What a model asks of the runtime when it is opened: options that its steps set for sessions, their middleware, their ports.
import {
  checkControls,
  middlewares,
  sessionOptions,
  withNeutral,
  type Feeds,
  type Generation,
  type MachineTraits,
  type Middleware,
  type Model,
  type Port,
  type SessionOptions,
  type SmashEvent,
  type Target,
} from '@damson/core'
import { DamsonError, type Graph, type Source } from '@damson/graph'
import { mergeSessionOptions } from '../session/session-options.ts'

/** One part to open. */
export interface OpeningPart {
  readonly graph: Graph
  readonly session: SessionOptions & DeviceOutputs
  /** Files that are opened in place of the graph. */
  readonly prepared?: ReadonlyMap<string, Source>
  /** Outputs that rewrites added: only middleware sees them. */
  readonly added: ReadonlySet<string>
  /** Feeds ports that are neither fed nor taken from slots with their neutral values. */
  complete(feeds: Feeds, taken?: Readonly<Record<string, unknown>>): Feeds
}

/** As onnxruntime-web spells it. */
interface DeviceOutputs {
  readonly preferredOutputLocation?: Readonly<Record<string, 'gpu-buffer'>>
}

export interface Opening {
  readonly parts: ReadonlyMap<string, OpeningPart>
  /** In the order of the plan: the first is outermost. */
  readonly middleware: readonly Middleware[]
  /** Throws for controls that no step has. */
  check(options: Omit<Generation, 'run'>): void
}

export type Warning = Extract<SmashEvent, { readonly type: 'warning' }>

export interface OpeningSettings {
  readonly target: Target
  /** What the caller asked for; wins over the steps. */
  readonly session: SessionOptions
  /** Of a graph: files to open in its place. */
  readonly prepared?: ReadonlyMap<string, Source> | undefined
  readonly traits: () => Promise<MachineTraits>
  /** True where what calls keep for later ones can stay on a GPU: with onnxruntime-web's WebGPU. */
  readonly device: boolean
  readonly onWarning: (event: Warning) => void
}

/** The part that a bare graph is. */
export const mainPart = 'main'

export async function openingOf(what: Model | Graph, settings: OpeningSettings): Promise<Opening> {
  const { session, prepared } = settings
  if ('parts' in what) return modelOpening(what, settings)
  const part: OpeningPart = {
    graph: what,
    session,
    ...(prepared ? { prepared } : {}),
    added: new Set(),
    complete: feeds => feeds,
  }
  return { parts: new Map([[mainPart, part]]), middleware: [], check: () => {} }
}

async function modelOpening(model: Model, settings: OpeningSettings): Promise<Opening> {
  const { target, session, traits, device, onWarning } = settings
  // Only steps with a session hook need to know the machine, and asking loads ONNX Runtime.
  const asks = model.replays.some(({ algorithm }) => algorithm.session !== undefined)
  const machine = asks ? await traits() : undefined
  const parts = new Map<string, OpeningPart>()
  for (const [name, { graph }] of model.parts) {
    const wanted = machine && sessionOptions(model, name, machine, target)
    for (const warning of wanted?.warnings ?? []) onWarning(warning)
    const { prepared, ...options } = mergeSessionOptions(wanted?.options, session)
    const outputs = model.ports.filter(port => port.part === name && port.direction === 'output')
    parts.set(name, {
      graph,
      session: device ? { ...options, ...keptOnDevice(graph, outputs) } : options,
      ...(prepared === undefined ? {} : { prepared: preparedFiles(model, prepared) }),
      added: new Set(outputs.map(port => port.name)),
      complete: (feeds, taken) => withNeutral(model, name, feeds, taken),
    })
  }
  return {
    parts,
    middleware: middlewares(model, target, onWarning).map(({ middleware }) => middleware),
    check: ({ controls }) => controls && checkControls(model, controls),
  }
}

/**
 * Outputs that an input takes at a later call stay on the GPU; whoever asks for one has it downloaded. Only floats: sizes and the
 * like are small, and not all of their types may lie there.
 */
function keptOnDevice(graph: Graph, outputs: readonly Port[]): DeviceOutputs {
  const paired = new Set(outputs.filter(({ pair }) => pair !== undefined).map(({ name }) => name))
  const kept = graph.outputs.filter(
    ({ name, type }) =>
      paired.has(name) && type?.kind === 'tensor' && (type.dtype === 'float32' || type.dtype === 'float16'),
  )
  return { preferredOutputLocation: Object.fromEntries(kept.map(({ name }) => [name, 'gpu-buffer'])) }
}

/** A prepared file and its data. Throws `missing-file` when the model does not carry it. */
function preparedFiles(model: Model, path: string): ReadonlyMap<string, Source> {
  const main = model.files.get(path)
  const data = model.files.get(`${path}_data`)
  if (main) return new Map([[path, main], ...(data ? [[`${path}_data`, data] as const] : [])])
  throw new DamsonError(
    'missing-file',
    `Expected the prepared file "${path}" with the model, but it is not there. Save the model again, or smash it anew.`,
    { details: { file: path } },
  )
}
