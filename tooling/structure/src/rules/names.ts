// File names say the idea of the file.
import type { Rule, TextFile } from '../workspace.ts'

/** Words that say nothing at the end of a name, and words that say nothing alone. */
const emptyEndings = /(^|-)(utils?|helpers?|manager|handler|misc)$/
const emptyNames = /^(common|base|shared|stuff)$/

/** No file is called utils, helpers, common, manager, handler, base or misc. */
export const fileNames: Rule = ({ files }) =>
  files.filter(isCode).flatMap(({ path }) => {
    const stem = stemOf(path)
    const empty = emptyEndings.test(stem) || emptyNames.test(stem)
    const message = `"${stem}" says nothing: name the file for its idea`
    return empty ? [{ file: path, line: 1, rule: 'file-name', message }] : []
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
  return path.slice(path.lastIndexOf('/') + 1).replace(/\..*$/, '')
}
