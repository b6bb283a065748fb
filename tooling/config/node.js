// How a test starts Node on workspace code, in one place: from source through tsx and the source condition, or,
// in `test:dist`, plainly on the built packages.
import process from 'node:process'
import { fileURLToPath } from 'node:url'

/** True in `test:dist`: packages resolve to their build. */
export const built = process.env['DAMSON_DIST'] === '1'

/**
 * The arguments for `node` before the script: `spawn(process.execPath, [...nodeArguments(), script])`.
 * @returns {string[]}
 */
export function nodeArguments() {
  return built ? [] : ['--conditions=@damson/source', '--import', import.meta.resolve('tsx')]
}

/**
 * The path of a module of a package, in source or built: `modulePath(import.meta.url, '../src/main.ts')` is
 * `…/src/main.ts`, or `…/dist/main.js` in `test:dist`.
 * @param {string | URL} from
 * @param {string} path
 * @returns {string}
 */
export function modulePath(from, path) {
  const target = built ? path.replace(/(^|\/)src\//, '$1dist/').replace(/\.ts$/, '.js') : path
  return fileURLToPath(new URL(target, from))
}
