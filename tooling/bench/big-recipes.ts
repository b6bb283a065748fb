// What is measured on the 1.21 GB model: our step, and what ONNX Runtime's Python tools do for the same.
export interface BigRecipe {
  /** Step of the command. */
  readonly step: string
  /** Argument of the peer's script. */
  readonly peer: string
}

export const bigRecipes = {
  rtn: { step: 'weight-only:bits=4,blockSize=32,symmetric=true', peer: 'rtn' },
  kquant: { step: 'weight-only:bits=4,blockSize=32,symmetric=false,search=kquant', peer: 'kquant' },
  int8: { step: 'dynamic-int8:weights=int8,per=channel,symmetric=true', peer: 'int8' },
  fp16: { step: 'half:guard=weights', peer: 'fp16' },
} as const satisfies Readonly<Record<string, BigRecipe>>

/** The recipe of that name. Throws for others, naming those that there are. */
export function bigRecipe(name: string): BigRecipe {
  const found = Object.entries(bigRecipes).find(([each]) => each === name)
  if (!found) throw new Error(`Expected one of ${Object.keys(bigRecipes).join(', ')}, got ${name}.`)
  return found[1]
}
