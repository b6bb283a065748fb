// How long things may be. Long files and functions are where ideas get mixed.
import ts from 'typescript'
import { isAlgorithm, nodesOf, violation } from '../syntax.ts'
import { lineOf, type Rule, type Source, type Violation } from '../workspace.ts'

const limit = { file: 300, algorithm: 250, function: 40, header: 8 }

/** A file has at most 300 lines, an algorithm 250; generated code apart. */
export const fileLength: Rule = ({ sources }) =>
  sources
    .filter(source => !source.generated)
    .flatMap(source => {
      const most = isAlgorithm(source) ? limit.algorithm : limit.file
      const lines = source.text.trimEnd().split('\n').length
      const message = `has ${lines} lines, at most ${most} are allowed: split it by idea`
      return lines > most ? [{ file: source.path, line: lines, rule: 'file-length', message }] : []
    })

/**
 * A function has at most 40 lines of its own: a function written inside it over several lines counts for itself, so that
 * state may live in a closure. Tests and generated code apart.
 */
export const functionLength: Rule = ({ sources }) =>
  sources.filter(source => !source.generated && !source.test).flatMap(longFunctions)

function longFunctions(source: Source): Violation[] {
  return nodesOf(source.syntax).flatMap(node => {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return []
    const lines = spanOf(source, node) - innerLines(source, node)
    const message = `${functionName(node)} has ${lines} lines, at most ${limit.function} are allowed`
    return lines > limit.function ? [violation(source, node, 'function-length', message)] : []
  })
}

/** Lines from the first to the last. */
function spanOf(source: Source, node: ts.Node): number {
  return source.syntax.getLineAndCharacterOfPosition(node.end).line + 2 - lineOf(source, node)
}

/** Lines inside the functions that are written directly in this one: all of them but their first and last. */
function innerLines(source: Source, node: ts.Node): number {
  let lines = 0
  const visit = (child: ts.Node): void => {
    if (ts.isFunctionLike(child) && 'body' in child && child.body !== undefined) {
      lines += Math.max(0, spanOf(source, child) - 2)
    } else ts.forEachChild(child, visit)
  }
  ts.forEachChild(node, visit)
  return lines
}

function functionName(node: ts.SignatureDeclaration): string {
  if (node.name !== undefined) return node.name.getText()
  const parent = node.parent
  const named = ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)
  return named ? parent.name.getText() : 'a function'
}

/** A file opens with one to eight lines of prose on why it exists; index files, tests and generated code apart. */
export const fileHeader: Rule = ({ sources }) =>
  sources
    .filter(source => !source.generated && !source.test && source.name !== 'index.ts')
    .flatMap(source => {
      const lines = headerLines(source.text)
      const message =
        lines === 0
          ? 'opens without prose: say in // lines why it exists'
          : `opens with ${lines} lines of prose, at most ${limit.header} are allowed`
      return lines === 0 || lines > limit.header
        ? [{ file: source.path, line: 1, rule: 'file-header', message }]
        : []
    })

function headerLines(text: string): number {
  const lines = text.replace(/^#!.*\n/, '').split('\n')
  if (lines[0]?.startsWith('/*')) {
    const end = lines.findIndex(line => line.includes('*/'))
    return lines.slice(0, end + 1).filter(line => /[a-z]/i.test(line)).length
  }
  const prose = lines.findIndex(line => !line.startsWith('//'))
  return prose === -1 ? lines.length : prose
}
