// What the first attention of a transformer reads: the stream after norm and modulation by time, before queries, keys and values
// are made of it. It costs next to nothing and moves as the output does. Source: TeaCache (Liu 2024).
import type { Body } from '@damson/graph'
import { isProduct } from './products.ts'
import type { Chain } from './chains.ts'

/** The input of the first product with a weight in the first branch of a chain; that of its codes where it is quantized. */
export function modulatedInput(body: Body, { branches }: Chain): string | undefined {
  const [branch] = branches
  if (!branch) return undefined
  const made = new Map(branch.between.flatMap(node => node.outputs.map(output => [output, node] as const)))
  const isOf = (name: string): boolean => name === branch.stream || made.has(name)
  let name = branch.between.find(isProduct)?.inputs.find(isOf)
  while (name !== undefined && name !== branch.stream && !isFloat(body, name))
    name = made.get(name)?.inputs.find(isOf)
  return name
}

function isFloat(body: Body, name: string): boolean {
  const type = body.typeOf(name)
  return type?.kind !== 'tensor' || /float/.test(type.dtype ?? 'float')
}
