// Terms as text, in the spelling of ONNX text: `Transpose<perm = [1, 0]>(x)`, `com.microsoft.BiasGelu(x, bias)`.
import { Body, type Attribute } from '../ir.ts'
import { Value } from '../scope.ts'
import { Choice, Constant, Term, Variable, type AttributeGiven, type In } from './term.ts'

/** One line; a call used twice is written twice. */
export function printTerm(term: In): string {
  if (term === undefined) return '_'
  if (typeof term === 'number') return String(term)
  if (term instanceof Term) return printCall(term)
  if (term instanceof Variable) return printVariable(term)
  if (term instanceof Choice) return term.terms.map(printTerm).join(' | ')
  if (term instanceof Constant) return printConstant(term)
  return term instanceof Value ? term.name : `[${term.join(', ')}]`
}

function printCall({ call, output, label }: Term): string {
  const { op, domain, inputs, attributes } = call
  const written = [...attributes].map(([name, value]) => `${name} = ${printGiven(value)}`)
  const head = `${domain === '' ? '' : `${domain}.`}${op}${written.length === 0 ? '' : `<${written.join(', ')}>`}`
  const index = output === 0 ? '' : `.${output}`
  const name = label === undefined ? '' : ` as ${typeof label === 'string' ? label : label.name}`
  return `${head}(${inputs.map(printTerm).join(', ')})${index}${name}`
}

function printVariable({ name, kind }: Variable): string {
  return { one: name, optional: `${name}?`, rest: `...${name}` }[kind]
}

function printConstant({ of, name }: Constant): string {
  if (of instanceof Variable) return `constant ${printVariable(of)}`
  return name ?? `${of.dtype}[${of.shape.join(',')}]`
}

function printGiven(given: AttributeGiven): string {
  if (typeof given === 'string') return `"${given}"`
  if (typeof given === 'number' || typeof given === 'bigint') return String(given)
  if (isList(given)) return `[${given.map(each => printGiven(each)).join(', ')}]`
  if (given instanceof Body) return '{…}'
  return 'type' in given ? printAttribute(given) : 'dtype' in given ? `${given.dtype}[…]` : '…'
}

function printAttribute({ type, value }: Attribute): string {
  if (type === 'reference') return `@${value}`
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint')
    return printGiven(value)
  return Array.isArray(value) ? `[${value.length} ${type}]` : `{${type}}`
}

function isList(given: AttributeGiven): given is readonly (number | bigint)[] | readonly string[] {
  return Array.isArray(given)
}
