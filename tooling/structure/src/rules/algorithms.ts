// An algorithm is one file, one test, one page.
import { isAlgorithm } from '../syntax.ts'
import type { Rule } from '../workspace.ts'

/** A file in `algorithms/` defines exactly one algorithm. */
export const oneAlgorithm: Rule = ({ sources }) =>
  sources.filter(isAlgorithm).flatMap(source => {
    const count = source.text.match(/\bdefineAlgorithm\s*[(<]/g)?.length ?? 0
    const message = `defines ${count} algorithms: one a file, and what is none belongs beside the folder`
    return count === 1 ? [] : [{ file: source.path, line: 1, rule: 'one-algorithm', message }]
  })

/** File, id and import path of an algorithm have the same tail. */
export const algorithmIds: Rule = ({ sources }) =>
  sources.filter(isAlgorithm).flatMap(source => {
    const id = `@damson/${source.folder.replace('packages/', '')}/${source.name.replace(/\.ts$/, '')}`
    const message = `its id should be '${id}', so that it is its import path too`
    return source.text.includes(`'${id}'`)
      ? []
      : [{ file: source.path, line: 1, rule: 'algorithm-id', message }]
  })

/** Beside an algorithm lies its test, which runs the conformance suite. */
export const algorithmTests: Rule = ({ sources }) =>
  sources.filter(isAlgorithm).flatMap(source => {
    const path = source.path.replace(/\.ts$/, '.test.ts')
    const tested = sources.find(other => other.path === path)?.text.includes('describeAlgorithm(') ?? false
    const message = `needs ${path} with describeAlgorithm(…)`
    return tested ? [] : [{ file: source.path, line: 1, rule: 'algorithm-test', message }]
  })

/** Every algorithm has a page in the docs. */
export const algorithmPages: Rule = ({ files, sources }) =>
  sources.filter(isAlgorithm).flatMap(source => {
    const page = `docs/algorithms/${source.folder.replace('packages/', '')}/${source.name.replace(/\.ts$/, '.md')}`
    const written = files.some(({ path }) => path === page)
    return written
      ? []
      : [{ file: source.path, line: 1, rule: 'algorithm-page', message: `needs a page, ${page}` }]
  })
