// The page is bundled from the sources of the packages, with the platform of browsers. Models and ONNX Runtime's files become
// assets of the build. Addresses are relative, so that the build can be served from any folder; the two headers let wasm use
// threads, and without them it works with one.
import { defineConfig } from 'vite'

const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

export default defineConfig({
  base: './',
  publicDir: '../page/public',
  resolve: {
    conditions: [
      '@damson/source',
      'onnxruntime-web-use-extern-wasm',
      'module',
      'browser',
      'development|production',
    ],
  },
  worker: { format: 'es' },
  server: { headers },
  preview: { headers },
  build: { target: 'es2022', assetsInlineLimit: 0 },
})
