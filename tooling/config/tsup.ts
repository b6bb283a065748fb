// The one build configuration. A package's tsup.config.ts only re-exports it.
import { defineConfig, type Options } from 'tsup'

/** Entry points: the index, one module an algorithm, and modules that are started or chosen by platform. */
const entry = [
  'src/index.ts',
  'src/algorithms/*.ts',
  'src/*.node.ts',
  'src/*.web.ts',
  'src/*.worker.ts',
  '!src/**/*.test.ts',
]

const options: Options = {
  entry,
  format: 'esm',
  target: 'es2022',
  platform: 'neutral',
  dts: true,
  splitting: true,
  sourcemap: false,
  clean: true,
  treeshake: false,
  // `#platform` style imports are resolved by the consumer's conditions, not at build time.
  external: [/^#/, /^node:/],
}

const config: ReturnType<typeof defineConfig> = defineConfig(options)
export default config
