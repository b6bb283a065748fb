import {
  gate,
  isRefusal,
  memoryFolder,
  memorySink,
  memoryTensor,
  onnx,
  print,
  regionBetween,
  type Graph,
  type Sink,
} from '@damson/graph'
import { describe, expect, test } from 'vitest'
import { load } from './load.ts'
import { modelOf, withCopies } from './model-value.ts'
import type { Model, Port } from './model.ts'
import { save } from './save.ts'
import { ungated, ungatedGraph } from './ungated.ts'

const step = '@test/cachers/gate'
const flag: Port = {
  part: 'model', step, name: 'full', direction: 'input', role: 'gate', neutral: { dtype: 'bool', shape: [], fill: 1 },
} // prettier-ignore
const cache: Port = {
  part: 'model', step, name: 'cached_b', direction: 'input', role: 'cache', pair: 'b',
  neutral: { dtype: 'float32', shape: [0], fill: 0 },
} // prettier-ignore
const seen: Port = { part: 'model', step, name: 'b', direction: 'output', role: 'cache', pair: 'cached_b' }

/** 160 KiB: big enough that it does not stand in the structure of a file. */
const weight = memoryTensor(
  'float32',
  [200, 200],
  Float32Array.from({ length: 40_000 }, (_, at) => at % 7),
)
const source = onnx`<ir_version: 10, opset_import: ["" : 21]> g (float[n,200] x) => (float[n,200] y)
<float[200,200] w = ${weight}, float[n,200] a, float[n,200] b> {
  [first] a = MatMul(x, w)
  [second] b = Sin(a)
  [last] y = Add(b, x)
}`
const gated = gatedGraph(source)

/** `second` behind a gate, its output seen from outside. */
function gatedGraph(graph: Graph, when: Parameters<typeof gate>[2]['when'] = { input: 'full' }): Graph {
  const cut = gate(graph, regionBetween(graph, ['a'], ['b']), {
    when,
    otherwise: ({ name }) => ({ input: `cached_${name}` }),
  })
  return cut.graph.with({ outputs: [...cut.graph.outputs, ...cut.outputs] })
}

/** Comparing long arrays element by element is slow. */
async function hasWeight(model: Model, part: string): Promise<boolean> {
  const found = await model.part(part).graph.initializers.get('w')?.tensor.read()
  return found !== undefined && Buffer.compare(found, await weight.read()) === 0
}

const modelWith = (graph: Graph, ports: readonly Port[]): Model => modelOf(graph).withPorts(ports)

function twinOf(graph: Graph, ports: readonly Port[]): Graph {
  const twin = ungatedGraph(graph, ports)
  if (isRefusal(twin)) throw new Error(twin.refused)
  return twin
}

describe('a graph without ports', () => {
  test('is the graph that was gated', () => {
    const twin = twinOf(gated, [flag, cache, seen])
    expect(print(twin, { types: false }).replace(/_then|_1/g, '')).toBe(print(source, { types: false }))
    expect(twin.nodes.map(({ origins }) => origins)).toEqual([['first'], ['second'], ['last']])
    expect(twin.initializers.get('w')?.tensor).toBe(weight)
  })

  test('with its gate shut by default it is what the cache would be, which it cannot be', () => {
    const shut: Port = { ...flag, neutral: { dtype: 'bool', shape: [], fill: 0 } }
    const open: Port = { ...cache, neutral: { dtype: 'float32', shape: ['n', 200], fill: 0 } }
    expect(ungatedGraph(gated, [shut, open, seen])).toMatchObject({ refused: /"cached_b" has a shape/ })
  })

  test('drops ports that nothing reads, whatever their shape', () => {
    const open: Port = { ...cache, neutral: { dtype: 'float32', shape: ['n', 'nobody knows'], fill: 0 } }
    expect(twinOf(gated, [flag, open, seen]).inputs.map(({ name }) => name)).toEqual(['x'])
  })

  test('a condition that is made of a port', () => {
    const graph = onnx`<ir_version: 10, opset_import: ["" : 21]> g (float[2] x, bool skip) => (float[2] y)
    <bool full, float[2] a, float[2] b> {
      full = Not(skip)
      a = Cos(x)
      b = Sin(a)
      y = Add(b, x)
    }`
    const skip: Port = { ...flag, name: 'skip', neutral: { dtype: 'bool', shape: [], fill: 0 } }
    const twin = twinOf(gatedGraph(graph, 'full'), [skip, cache, seen])
    expect(twin.nodes.map(({ op }) => op)).toEqual(['Cos', 'Sin', 'Add'])
    expect(twin.initializers.size).toBe(0)
  })

  test('a port that is a number becomes a constant', () => {
    const graph = onnx`<ir_version: 10, opset_import: ["" : 21]> g (float[2] x, float scale) => (float[2] y)
      { y = Mul(x, scale) }`
    const scale: Port = { ...flag, name: 'scale', neutral: { dtype: 'float32', shape: [], fill: 1 } }
    const twin = twinOf(graph, [scale])
    expect(twin.inputs.map(({ name }) => name)).toEqual(['x'])
    expect(twin.initializers.get('scale')?.tensor.dtype).toBe('float32')
  })

  test('a model without ports is itself', () => {
    const model = modelOf(source)
    expect(ungated(model)).toBe(model)
    expect(ungated(modelWith(gated, [flag, cache, seen])).ports).toEqual([])
  })
})

describe('saved', () => {
  const model = modelWith(gated, [flag, cache, seen])
  const written = async (what: Model): Promise<Map<string, Uint8Array>> => {
    const sink = memorySink()
    const { files } = await save(what, sink)
    for (const path of sink.files.keys()) if (path !== 'damson.json') expect(files.has(path)).toBe(true)
    return new Map(sink.files)
  }

  test('the twin stands beside, reads the weights of the gated graph, and is no part', async () => {
    const files = await written(model)
    expect([...files.keys()].sort()).toEqual(['damson.json', 'model.onnx', 'model.onnx_data', 'model.ungated.onnx']) // prettier-ignore
    expect(files.get('model.onnx_data')?.length).toBe(160_000)
    for (const path of ['model.onnx', 'model.ungated.onnx'])
      expect(files.get(path)?.length).toBeLessThan(2000)
    const again = await load(memoryFolder(files))
    expect([...again.parts.keys()]).toEqual(['model'])
    expect([...again.files.keys()]).toEqual([])
    expect(again.ports).toEqual([flag, cache, seen])
    const twin = await load(memoryFolder(new Map([...files].filter(([path]) => path !== 'damson.json').map(([path, bytes]) => [path === 'model.ungated.onnx' ? 'alone.onnx' : path, bytes])))) // prettier-ignore
    expect(await hasWeight(twin, 'alone')).toBe(true)
  })

  test('saved again as it is, all of it is the same', async () => {
    const files = await written(model)
    const again = await written(await load(memoryFolder(files)))
    for (const path of ['model.onnx', 'model.onnx_data', 'model.ungated.onnx'])
      expect(Buffer.compare(again.get(path) ?? Buffer.of(), files.get(path) ?? Buffer.of(1))).toBe(0)
    expect(again.size).toBe(4)
  })

  test('a twin goes with the ports', async () => {
    const files = await written(ungated(await load(memoryFolder(await written(model)))))
    expect([...files.keys()].sort()).toEqual(['damson.json', 'model.onnx', 'model.onnx_data'])
    expect(files.get('model.onnx_data')?.length).toBe(160_000)
  })

  test('a changed twin is noticed', async () => {
    const files = await written(model)
    files.set('model.ungated.onnx', files.get('model.onnx') ?? new Uint8Array(0))
    await expect(load(memoryFolder(files))).rejects.toMatchObject({ code: 'changed-file' })
  })

  test('a place for one file gets the gated graph whole', async () => {
    const chunks: Uint8Array[] = []
    await save(model, new WritableStream({ write: chunk => void chunks.push(chunk.slice()) }))
    const bytes = new Uint8Array(Buffer.concat(chunks))
    const { graph } = (await load(bytes)).part('model')
    expect(bytes.length).toBeGreaterThan(160_000)
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x', 'full', 'cached_b'])
  })

  test('where a port cannot be taken out, a warning says so', async () => {
    const shut: Port = { ...flag, neutral: { dtype: 'bool', shape: [], fill: 0 } }
    const open: Port = { ...cache, neutral: { dtype: 'float32', shape: ['n', 200], fill: 0 } }
    const warnings: string[] = []
    const sink = memorySink()
    await save(modelWith(gated, [shut, open]), sink, {
      onEvent: event => void (event.type === 'warning' && warnings.push(event.code)),
    })
    expect([warnings, sink.files.has('model.ungated.onnx')]).toEqual([['no-twin'], false])
  })
})

describe('data files', () => {
  /** A model as it is read from a graph and its data file. */
  async function external(): Promise<Model> {
    const sink = memorySink()
    await save(modelOf(source), sink, { weights: 'shared' })
    return load(memoryFolder(new Map([...sink.files].filter(([path]) => path !== 'damson.json'))))
  }

  test('stay what they are when the graph alone changes, and the twin reads them too', async () => {
    const model = await external()
    const changed = model.withGraph('model', gatedGraph(model.part('model').graph))
    const sink = memorySink()
    const { files } = await save(changed.withPorts([flag, cache, seen]), sink)
    expect([...files.keys()]).toEqual(['model.onnx', 'model.onnx_data', 'model.ungated.onnx', 'damson.json'])
    expect(sink.files.get('model.onnx')?.length).toBeLessThan(2000)
    const again = await load(memoryFolder(sink.files))
    expect(await hasWeight(again, 'model')).toBe(true)
  })

  test('go into the one file that a stream takes', async () => {
    const model = await external()
    const changed = model.withGraph('model', gatedGraph(model.part('model').graph))
    for (const each of [model, changed]) {
      const chunks: Uint8Array[] = []
      await save(each, new WritableStream({ write: chunk => void chunks.push(chunk.slice()) }))
      expect(Buffer.concat(chunks).length).toBeGreaterThan(160_000)
    }
  })

  test('that two parts read are each one’s own when one of them changes', async () => {
    const sink = memorySink()
    await save(withCopies(modelOf(source), 'model', ['model_1']), sink, {
      weights: 'shared',
    })
    const both = await load(memoryFolder(sink.files))
    expect([...(both.part('model_1').file?.files.keys() ?? [])]).toEqual(['model_1.onnx', 'model.onnx_data'])
    const other = memoryTensor('float32', [200, 200], new Float32Array(40_000))
    const graph = both.part('model').graph
    const w = graph.initializers.get('w')
    if (!w) throw new Error('expected w')
    const changed = gatedGraph(graph).with({ initializers: new Map([['w', { ...w, tensor: other }]]) })
    const written = memorySink()
    await save(both.withGraph('model', changed).withPorts([flag, cache, seen]), written)
    const again = await load(memoryFolder(written.files))
    expect(await hasWeight(again, 'model_1')).toBe(true)
    expect(await hasWeight(again, 'model')).toBe(false)
  })

  test('a full place leaves nothing', async () => {
    const model = await external()
    const sink = memorySink()
    const failing: Sink = {
      ...sink,
      create: async path => {
        if (path.endsWith('.ungated.onnx')) throw new Error('full')
        return sink.create(path)
      },
    }
    const changed = model.withGraph('model', gatedGraph(model.part('model').graph)).withPorts([flag, cache])
    await expect(save(changed, failing)).rejects.toThrow('full')
    await sink.commit()
    expect(sink.files.size).toBe(0)
  })
})
