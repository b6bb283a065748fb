// Libraries are quiet and repeatable: what they do follows from their arguments, on every platform.
import ts from 'typescript'
import { isLibraryCode, nodesOf, violation } from '../syntax.ts'
import type { Rule, Source } from '../workspace.ts'

/** Only `*.node.ts` files (and tests) import Node's modules, so everything else also runs in a browser. */
export const nodeImports: Rule = ({ sources }) =>
  sources
    .filter(isLibraryCode)
    .flatMap(source =>
      source.name.endsWith('.node.ts')
        ? []
        : source.syntax.statements
            .filter(statement =>
              /^(import|export)\b[^;]*from 'node:|^import 'node:/.test(statement.getText()),
            )
            .map(statement =>
              violation(source, statement, 'node-import', 'only *.node.ts files import node:*'),
            ),
    )

const impure: Readonly<Record<string, string>> = {
  console: 'libraries never print; send an event',
  'Date.now': 'no clock in libraries; take `now` from the context',
  'performance.now': 'no clock in libraries; take `now` from the context',
  'Math.random': 'no unseeded randomness; draw from the seed',
  'crypto.randomUUID': 'no unseeded randomness; draw from the seed',
  'crypto.getRandomValues': 'no unseeded randomness; draw from the seed',
  'process.env': 'libraries do not read the environment; take an option',
}

/** No console, clock, environment or unseeded randomness in libraries. `clock.ts` holds the clock that contexts hand out; the command prints. */
export const ambient: Rule = ({ sources }) =>
  sources
    .filter(source => isLibraryCode(source) && !isCommand(source))
    .flatMap(source => {
      const allowed = source.name === 'clock.ts' ? /now$/ : /^$/
      return nodesOf(source.syntax).flatMap(node => {
        const text = ambientText(node)
        const reason = text === undefined || allowed.test(text) ? undefined : impure[text]
        return reason === undefined ? [] : [violation(source, node, 'ambient', `${text}: ${reason}`)]
      })
    })

/** Importing a module does nothing: no calls at its top level, no top-level await. Workers and the command are programs. */
export const importEffects: Rule = ({ sources }) =>
  sources
    .filter(source => isLibraryCode(source) && !isProgram(source))
    .flatMap(source =>
      source.syntax.statements
        .filter(
          statement =>
            ts.isExpressionStatement(statement) ||
            ts.isForOfStatement(statement) ||
            ts.isForStatement(statement),
        )
        .map(statement =>
          violation(source, statement, 'import-effect', 'importing a module must not do anything'),
        ),
    )

/** The command prints and measures; the watch of the conformance suite listens to what must be silent. */
function isCommand({ path }: Source): boolean {
  const folders = ['packages/damson/src/command/', 'packages/damson/src/compare/']
  const files = ['packages/damson/src/main.ts', 'packages/testing/src/conformance/watch.ts']
  return folders.some(folder => path.startsWith(folder)) || files.includes(path)
}

/** Files that are started, not imported. */
function isProgram({ name }: Source): boolean {
  return name === 'main.ts' || /(\.worker|-(process|thread|run)\.node)\.ts$/.test(name)
}

function ambientText(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node)) return node.getText().replace(/^globalThis\./, '')
  const isName = ts.isIdentifier(node) && node.text === 'console'
  return isName && !ts.isPropertyAssignment(node.parent) && !ts.isPropertySignature(node.parent)
    ? 'console'
    : undefined
}
