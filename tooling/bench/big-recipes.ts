// What is measured on the 1.21 GB model: our step, and what it is compared with.
export interface BigRecipe {
  /** Step of the command. */
  readonly step: string
  /** How the tools in Python are asked for the same; `session`: only an fp32 session that runs a few samples. */
  readonly peer: 'rtn' | 'kquant' | 'int8' | 'fp16' | 'slim' | 'session'
}

const bigRecipes = {
  rtn: { step: 'weight-only:bits=4,blockSize=32,symmetric=true,rounding=nearest', peer: 'rtn' },
  kquant: {
    step: 'weight-only:bits=4,blockSize=32,symmetric=false,search=kquant,rounding=nearest',
    peer: 'kquant',
  },
  int8: { step: 'dynamic-int8:weights=int8,per=channel,symmetric=true', peer: 'int8' },
  fp16: { step: 'half:guard=weights,compute=half', peer: 'fp16' },
  simplify: { step: 'simplify', peer: 'slim' },
  calibrated: { step: 'half:guard=calibrated', peer: 'session' },
} as const satisfies Readonly<Record<string, BigRecipe>>

/** The recipe of that name. Throws for others, naming those that there are. */
export function bigRecipe(name: string): BigRecipe {
  const found = Object.entries(bigRecipes).find(([each]) => each === name)
  if (!found) throw new Error(`Expected one of ${Object.keys(bigRecipes).join(', ')}, got ${name}.`)
  return found[1]
}

/** A program that opens a model in ONNX Runtime and runs as many samples as a fit makes up. `from`: a file beside whose packages it finds ONNX Runtime. */
export function sessionProgram(model: string, from: string): string {
  return `
const ort = require('node:module').createRequire(${JSON.stringify(from)})('onnxruntime-node')
ort.InferenceSession.create(${JSON.stringify(model)}).then(async session => {
  const x = new ort.Tensor('float32', Float32Array.from({ length: 16 * 1024 }, (_, i) => Math.sin(i)), [1, 16, 1024])
  for (let i = 0; i < 8; i++) await session.run({ x })
})`
}
