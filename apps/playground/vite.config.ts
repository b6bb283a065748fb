// The page is bundled from the sources of the packages, with the platform of browsers. Addresses are relative, so that the
// build can be served from any folder.
import { defineConfig } from 'vite'

export default defineConfig({
  base: './',
  publicDir: '../page/public',
  resolve: { conditions: ['@damson/source', 'module', 'browser', 'development|production'] },
  worker: { format: 'es' },
  build: { target: 'es2022' },
})
