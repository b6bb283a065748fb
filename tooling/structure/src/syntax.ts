// What several rules ask of a source file.
import ts from 'typescript'
import { lineOf, type Source, type Violation } from './workspace.ts'

/** Every syntax node of a file, parents first. */
export function nodesOf(root: ts.Node): ts.Node[] {
  const found: ts.Node[] = []
  const visit = (node: ts.Node): void => {
    found.push(node)
    ts.forEachChild(node, visit)
  }
  visit(root)
  return found
}

/** Written by hand and installed by users. */
export function isLibraryCode(source: Source): boolean {
  return source.library && !source.test && !source.generated
}

/** Whether a source is an algorithm of a family, rather than a part of one or its test. */
export function isAlgorithm(source: Source): boolean {
  return source.library && !source.test && /\/src\/algorithms\/[^/]+\.ts$/.test(source.path)
}

export function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some(modifier => modifier.kind === kind) ?? false)
  )
}

export function isExported(node: ts.Node): boolean {
  return hasModifier(node, ts.SyntaxKind.ExportKeyword)
}

export function violation(source: Source, node: ts.Node, rule: string, message: string): Violation {
  return { file: source.path, line: lineOf(source, node), rule, message }
}
