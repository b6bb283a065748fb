// The one test configuration. Tests run from source, through the condition that only this workspace knows.
// `vitest run --mode dist` (the task `test:dist`) switches the condition off and repeats the process-level tests, which
// are called `*.dist.test.ts`, on the built packages; in CI, where both follow each other, they run there alone. Plain
// JavaScript, because Node loads it as it is.
import process from 'node:process'
import { configDefaults, defineConfig } from 'vitest/config'

/** @param {boolean} built @returns {import('vitest/config').ViteUserConfig} */
export function testConfig(built) {
  const source = built ? [] : ['@damson/source']
  const elsewhere = !built && process.env['CI'] === 'true' ? ['**/*.dist.test.ts'] : []
  const conditions = [...source, 'module', 'node', 'development|production']
  return {
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: [...source, 'node'] } },
    test: {
      include: [built ? '{src,test}/**/*.dist.test.ts' : '{src,test}/**/*.test.ts'],
      exclude: [...configDefaults.exclude, ...elsewhere],
      env: { DAMSON_DIST: built ? '1' : '' },
      pool: 'forks',
      maxWorkers: 2,
      maxConcurrency: 2,
      // Only to end what hangs: on a busy machine a browser alone takes a minute to start.
      testTimeout: 240_000,
      hookTimeout: 240_000,
      // The reports are task outputs, so a cached pass still counts its tests in the summary of a CI run.
      reporters: ['default', 'json'],
      outputFile: { json: built ? 'reports/test-dist.json' : 'reports/test.json' },
      passWithNoTests: true,
    },
  }
}

export default defineConfig(({ mode }) => testConfig(mode === 'dist'))
