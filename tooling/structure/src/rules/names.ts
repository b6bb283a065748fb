// File names say the idea of the file.
import type { Rule, TextFile } from '../workspace.ts'

const banned = new Set([
  ...[
    'util',
    'utils',
    'helper',
    'helpers',
    'common',
    'manager',
    'handler',
    'base',
    'misc',
    'shared',
    'stuff',
    'lib',
  ],
])

/** No file is called utils, helpers, common, manager, handler, base or misc, alone or in part. */
export const fileNames: Rule = ({ files }) =>
  files.filter(isCode).flatMap(({ path }) => {
    const stem = stemOf(path)
    const word = stem.split(/[-.]/).find(part => banned.has(part))
    const message = `"${word}" says nothing: name the file for its idea`
    return word === undefined ? [] : [{ file: path, line: 1, rule: 'file-name', message }]
  })

/** Files and folders of code are in kebab-case: `deep-cache.ts`, `file.node.ts`. */
export const kebabCase: Rule = ({ files }) =>
  files.filter(isCode).flatMap(({ path }) => {
    const wrong = path.split('/').find(part => !/^\.?[a-z0-9]+([-.][a-z0-9]+)*$/.test(part))
    const message = `"${wrong}" is not in kebab-case`
    return wrong === undefined ? [] : [{ file: path, line: 1, rule: 'kebab-case', message }]
  })

function isCode({ path }: TextFile): boolean {
  return /^(packages|tooling|apps|docs)\/.*\.(ts|js|mjs|py)$/.test(path)
}

function stemOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.[a-z]+$/, '')
}
