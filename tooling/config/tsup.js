// The one build configuration; a package's tsup.config.ts only re-exports it. Every entry keeps its path:
// src/algorithms/x.ts becomes dist/algorithms/x.js, and what entries share goes into chunks.
import { existsSync } from 'node:fs'
import { defineConfig } from 'tsup'

/** The index, one module an algorithm, what the package runs as a command, and modules that are started by path or chosen by platform. */
const entry = ['src/index.ts', 'src/algorithms/*.ts', 'src/**/*.{node,web,worker}.ts', '!src/**/*.test.ts']
if (existsSync('src/main.ts')) entry.push('src/main.ts')

export default defineConfig({
  entry,
  outDir: 'dist',
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  splitting: true,
  sourcemap: false,
  // Declarations are written for all packages at once (tooling/declarations): running needs none.
  dts: false,
  clean: true,
  treeshake: false,
  // `#platform` style imports are resolved by the consumer's conditions, not at build time.
  external: [/^#/, /^node:/],
})
