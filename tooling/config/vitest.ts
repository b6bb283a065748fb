// The one test configuration: tests run from source, through the condition that only this workspace knows.
import { defineConfig, type ViteUserConfig } from 'vitest/config'

const conditions = ['@damson/source']

const config: ViteUserConfig = defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
export default config
