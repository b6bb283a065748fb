// Brings a graph to a newer ONNX opset, node by node and step by step, in nested bodies and functions too. An operator
// whose signature changed and for which no adapter is written refuses: a version is never bumped silently. So does one
// that ONNX Runtime would not run at the new version.
import type { DataType } from '../../dtype.ts'
import { isRefusal, refuse, type Refusal } from '../../error.ts'
import { inferTypes } from '../../infer/infer.ts'
import type { FunctionDefinition, Graph, Initializer, Node } from '../../ir.ts'
import { cpuKernelsOf } from '../../ops/cpu-kernels.ts'
import { schemaOf, versionsOf } from '../../ops/schema.ts'
import { mapBodies, resolve, scopeOf, scopes, type Scope } from '../../scope.ts'
import type { Tensor } from '../../tensor.ts'
import { tensorOf } from '../../tensors/memory-tensor.ts'
import { nestedBodies } from '../../uses.ts'
import { adapters, harmless } from './adapters.ts'
import { signatureChanges, type Place } from './step.ts'

const oldest = 7
const newest = 24

/** Least IR version of an opset. Source: onnx.helper.VERSION_TABLE. */
const irVersions: readonly (readonly [opset: number, ir: number])[] = [
  [24, 12], [23, 11], [21, 10], [19, 9], [15, 8], [12, 7], [11, 6], [10, 5], [9, 4], [7, 3],
] // prettier-ignore

/**
 * The same computation at ONNX opset `to` (7 to 24); a refusal names the node that can not follow. The graph itself when it
 * is there already or beyond. Initializers leave the input list where the IR version passes 4, from which on they could be fed.
 */
export function upgradeOpset(graph: Graph, to: number): Graph | Refusal {
  const from = graph.opset()
  if (from >= to) return graph
  if (from < oldest || to > newest)
    return refuse(`opsets ${oldest} to ${newest} can be upgraded, not ${from} to ${to}`)
  const upgrade = new Upgrade(graph, from, to)
  const upgraded = mapBodies(graph, (body, scope) => {
    const added = new Map<string, Initializer>()
    const nodes = upgrade.nodes(body.nodes, upgrade.placeIn(scope, added))
    const types = new Map([...body.types].filter(([name]) => !added.has(name)))
    return body.with({ nodes, types, initializers: new Map([...body.initializers, ...added]) })
  })
  const functions = graph.header.functions.map(each => upgrade.functionBody(each))
  if (upgrade.refusal) return upgrade.refusal
  const irVersion = Math.max(graph.header.irVersion, irVersions.find(([opset]) => opset <= to)?.[1] ?? 3)
  const opsets = new Map([...graph.header.opsets, ['', to] as const])
  const fixed = graph.header.irVersion < 4 && irVersion >= 4
  return upgraded.with({
    header: { ...graph.header, functions, opsets, irVersion },
    inputs: fixed ? graph.requiredInputs() : graph.inputs,
  })
}

class Upgrade {
  refusal: Refusal | undefined
  readonly #to: number
  readonly #from: number
  readonly #typed: ReadonlyMap<string, Scope>
  readonly #taken = new Set<string>()

  constructor(graph: Graph, from: number, to: number) {
    this.#from = from
    this.#to = to
    this.#typed = new Map([...scopes(inferTypes(graph))].map(scope => [scope.path, scope]))
    for (const { body } of scopes(scopeOf(graph))) {
      for (const { name } of [...body.inputs, ...body.outputs]) this.#taken.add(name)
      for (const name of [...body.initializers.keys(), ...body.nodes.flatMap(node => node.outputs)])
        this.#taken.add(name)
    }
  }

  nodes(nodes: readonly Node[], place: Place): readonly Node[] {
    return nodes.flatMap(node => (node.domain === '' ? this.#follow(node, this.#from, place) : [node]))
  }

  placeIn(scope: Scope, added: Map<string, Initializer>): Place {
    const typed = this.#typed.get(scope.path) ?? scope
    const typeOf = (name: string) => {
      const type = (resolve(typed, name) ?? typed).body.typeOf(name)
      return type?.kind === 'tensor' ? type : undefined
    }
    return {
      to: this.#to,
      dtype: name => typeOf(name)?.dtype,
      shape: name => typeOf(name)?.shape,
      tensor: name => (resolve(scope, name) ?? scope).body.tensor(name) ?? added.get(name)?.tensor,
      fresh: hint => this.#fresh(hint),
      constant: (hint, dtype, shape, values) => {
        const tensor = tensorOf(dtype, shape, values)
        const equal = [...added.values()].find(each => each.tensor.key === tensor.key)
        if (equal) return equal.name
        const name = this.#fresh(hint)
        added.set(name, { name, tensor, origins: [] })
        return name
      },
    }
  }

  /** A function has no initializers and no types: constants are nodes. */
  functionBody(definition: FunctionDefinition): FunctionDefinition {
    const from = definition.opsets.get('')
    if (from === undefined || from >= this.#to) return definition
    const nodes = definition.nodes.flatMap(node => {
      if (node.domain !== '') return [node]
      if (nestedBodies(node).length > 0)
        this.#refuse(refuse('a body nested in a function is not upgraded', node.name))
      const constants: Node[] = []
      const tensors = new Map<string, Tensor>()
      const followed = this.#follow(node, from, this.#placeInFunction(constants, tensors))
      return [...constants, ...followed]
    })
    return { ...definition, nodes, opsets: new Map([...definition.opsets, ['', this.#to] as const]) }
  }

  #placeInFunction(constants: Node[], tensors: Map<string, Tensor>): Place {
    return {
      to: this.#to,
      dtype: () => undefined,
      shape: () => undefined,
      tensor: name => tensors.get(name),
      fresh: hint => this.#fresh(hint),
      constant: (hint, dtype: DataType, shape, values) => {
        const name = this.#fresh(hint)
        const value = tensorOf(dtype, shape, values)
        tensors.set(name, value)
        const attributes = new Map([['value', { type: 'tensor', value } as const]])
        constants.push({
          op: 'Constant',
          domain: '',
          name: '',
          inputs: [],
          outputs: [name],
          attributes,
          origins: [],
        })
        return name
      },
    }
  }

  /** The node from its version on through every step up to the target. */
  #follow(node: Node, at: number, place: Place): readonly Node[] {
    const next = versionsOf('', node.op).find(version => version > at && version <= this.#to)
    if (next === undefined) return this.#checkKernel(node)
    const before = schemaOf('', node.op, at)
    const adapter = adapters[node.op]?.[next]
    if (adapter && before) {
      const adapted = adapter(node, place)
      if (isRefusal(adapted)) return this.#refuse(adapted)
      return adapted.flatMap(each => this.#follow(each, next, place))
    }
    const changed = before !== undefined && signatureChanges(node.op, at, next)
    if (changed && !harmless[node.op]?.includes(next))
      return this.#refuse(
        refuse(`${node.op} changed at opset ${next} and nothing says how to follow`, node.name),
      )
    return this.#follow(node, next, place)
  }

  #checkKernel(node: Node): readonly Node[] {
    const ran = cpuKernelsOf('', node.op, this.#from).length > 0
    if (!ran || cpuKernelsOf('', node.op, this.#to).length > 0) return [node]
    return this.#refuse(
      refuse(`ONNX Runtime runs ${node.op} at opset ${this.#from}, but not at ${this.#to}`, node.name),
    )
  }

  #refuse(refusal: Refusal): readonly Node[] {
    this.refusal ??= refusal
    return []
  }

  #fresh(hint: string): string {
    let name = hint
    for (let n = 1; this.#taken.has(name); n++) name = `${hint}_${n}`
    this.#taken.add(name)
    return name
  }
}
