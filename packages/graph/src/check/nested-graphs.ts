// The bodies of If and Loop against the node that holds them: how many inputs and outputs they must have.
import type { Body, Node } from '../ir.ts'
import { placeOf, type Problem } from './problem.ts'

/** Problems of the number of inputs and outputs of nested bodies. Scan counts by attributes of its own and is left alone. */
export function checkNestedGraphs(node: Node, path: string): readonly Problem[] {
  const problems: Problem[] = []
  const expect = (attribute: string, kind: 'inputs' | 'outputs', wanted: number): void => {
    const body = bodyOf(node, attribute)
    const have = body?.[kind].length ?? wanted
    if (have === wanted) return
    const message = `${placeOf(node, path)}: ${attribute} has ${have} ${kind}; with this node it needs ${wanted}.`
    problems.push({ code: 'nested-graph', severity: 'error', message, path, node, name: attribute })
  }
  if (node.domain !== '') return problems
  if (node.op === 'If') {
    for (const branch of ['then_branch', 'else_branch']) {
      expect(branch, 'inputs', 0)
      expect(branch, 'outputs', node.outputs.length)
    }
  }
  if (node.op === 'Loop') {
    // Iteration number and condition, then what is carried; the condition comes out again.
    expect('body', 'inputs', Math.max(node.inputs.length, 2))
    expect('body', 'outputs', node.outputs.length + 1)
  }
  return problems
}

function bodyOf(node: Node, attribute: string): Body | undefined {
  const value = node.attributes.get(attribute)
  return value?.type === 'graph' ? value.value : undefined
}
