// What the compiler would let pass: casts, enums, default exports, `any` in what is exported, unwritten types.
import ts from 'typescript'
import { hasModifier, isExported, isLibraryCode, nodesOf, violation } from '../syntax.ts'
import { lineOf, type Rule, type Source, type Violation } from '../workspace.ts'

/** Casts that are still there, by file. The list only shrinks: more is a violation, and so is fewer than it says. */
export type AllowedCasts = Readonly<Record<string, number>>

/** No `as` outside readers (`read*.ts`, `*-reader.ts`, `decode*.ts`), where bytes get their types; `as const` is no cast. */
export function casts(allowed: AllowedCasts): Rule {
  return ({ sources }) => [
    ...sources.filter(isLibraryCode).flatMap(source => castsIn(source, allowed[source.path] ?? 0)),
    ...Object.keys(allowed)
      .filter(path => !sources.some(source => source.path === path))
      .map(file => ({
        file,
        line: 1,
        rule: 'cast',
        message: 'is in allowed-casts.json but gone: remove it there',
      })),
  ]
}

function castsIn(source: Source, allowed: number): Violation[] {
  if (/^read|-reader\b|^decode/.test(source.name)) return []
  const found = nodesOf(source.syntax).filter(
    node => ts.isAsExpression(node) && node.type.getText() !== 'const',
  )
  if (found.length > allowed) {
    return found.map(node =>
      violation(source, node, 'cast', '`as` outside a reader: narrow with a function instead'),
    )
  }
  const message = `allowed-casts.json allows ${allowed} casts, there are ${found.length}: lower the number`
  return found.length < allowed ? [{ file: source.path, line: 1, rule: 'cast', message }] : []
}

/** Named exports only, and string unions instead of enums. */
export const plainExports: Rule = ({ sources }) =>
  sources.filter(isLibraryCode).flatMap(source =>
    nodesOf(source.syntax).flatMap(node => {
      if (ts.isEnumDeclaration(node)) return [violation(source, node, 'enum', 'use a union of strings')]
      const isDefault =
        ts.isExportAssignment(node) ||
        ((ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) &&
          isExported(node) &&
          hasModifier(node, ts.SyntaxKind.DefaultKeyword))
      return isDefault ? [violation(source, node, 'default-export', 'export by name')] : []
    }),
  )

/** No `any` in exported declarations; the erased algorithm says why it is the exception on the line above. */
export const exportedAny: Rule = ({ sources }) =>
  sources.filter(isLibraryCode).flatMap(source =>
    source.syntax.statements.filter(isExported).flatMap(statement =>
      signatureNodes(statement)
        .filter(node => node.kind === ts.SyntaxKind.AnyKeyword && !isExcused(source, node))
        .map(node =>
          violation(source, node, 'any', '`any` in an exported type: use unknown, a generic or a union'),
        ),
    ),
  )

/** An exported function says what it returns. */
export const returnTypes: Rule = ({ sources }) =>
  sources.filter(isLibraryCode).flatMap(source =>
    source.syntax.statements
      .filter(isExported)
      .flatMap(exportedFunctions)
      .flatMap(({ name, node }) =>
        node.type === undefined
          ? [violation(source, node, 'return-type', `${name} has no written return type`)]
          : [],
      ),
  )

function exportedFunctions(statement: ts.Statement): { name: string; node: ts.SignatureDeclaration }[] {
  if (ts.isFunctionDeclaration(statement))
    return [{ name: statement.name?.text ?? 'a function', node: statement }]
  if (!ts.isVariableStatement(statement)) return []
  return statement.declarationList.declarations.flatMap(({ name, type, initializer }) =>
    initializer !== undefined &&
    type === undefined &&
    (ts.isArrowFunction(initializer) || ts.isFunctionExpression(initializer))
      ? [{ name: name.getText(), node: initializer }]
      : [],
  )
}

/** The nodes of a declaration without the bodies of its functions. */
function signatureNodes(statement: ts.Node): ts.Node[] {
  const found: ts.Node[] = []
  const visit = (node: ts.Node): void => {
    found.push(node)
    ts.forEachChild(node, child => (ts.isBlock(child) ? undefined : visit(child)))
  }
  visit(statement)
  return found
}

function isExcused(source: Source, node: ts.Node): boolean {
  const above = source.text.split('\n')[lineOf(source, node) - 2] ?? ''
  return above.includes('no-explicit-any')
}
