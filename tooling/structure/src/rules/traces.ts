// Nothing committed knows the machine it was written on.
import type { Rule } from '../workspace.ts'

// Written in pieces, so that this file does not breach its own rule.
const folders = ['work', 'root', 'home/[a-z][\\w-]*', 'tmp', 'Users/[a-z][\\w-]*']
const machinePath = new RegExp(String.raw`(?<![\w.~)\]}*-])/(?:${folders.join('|')})/[\w.-]`)
const registryHost = new RegExp(
  ['registry', '(npmjs|yarnpkg|npmmirror)'].join(String.raw`\.`) +
    '|' +
    ['files', 'pythonhosted'].join(String.raw`\.`),
)

/** No path of a machine and no host of a package registry in a committed file. */
export const traces: Rule = ({ files }) =>
  files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, index) => {
      const found = machinePath.exec(line)?.[0] ?? registryHost.exec(line)?.[0]
      return found === undefined
        ? []
        : [{ file: path, line: index + 1, rule: 'trace', message: `"${found}" belongs to one machine` }]
    }),
  )
