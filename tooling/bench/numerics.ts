// How fast the element-wise kernels are: WASM against the plain twin, interleaved, best of several runs. Ratios are what to
// trust. Run: node --conditions=@damson/source --import tsx tooling/bench/numerics.ts [K] [N]
import { createKernel, type BlockSpec, type Kernel } from '@damson/numerics'

const K = Number(process.argv[2] ?? 4096)
const N = Number(process.argv[3] ?? 4096)
const rounds = 7

/** xorshift32, so that runs are comparable. */
function randomFloats(count: number): Float32Array<ArrayBuffer> {
  let state = 1
  return Float32Array.from({ length: count }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state / 2 ** 31) * 0.02
  })
}

/** Milliseconds of the coding alone; filling the band, which a file read does, is left out. */
function code(kernel: Kernel, spec: BlockSpec, bytes: Uint8Array): number {
  const stream = kernel.blocks(spec)
  const rows = spec.layout === 'KN' ? spec.K : spec.N
  let ms = 0
  for (let row = 0; row < rows; row += stream.bandRows) {
    const count = Math.min(stream.bandRows, rows - row)
    stream.band.set(bytes.subarray(row * stream.sourceRowBytes, (row + count) * stream.sourceRowBytes))
    const start = performance.now()
    stream.push(count)
    ms += performance.now() - start
  }
  return ms
}

const weight = new Uint8Array(randomFloats(K * N).buffer)
const wasm = createKernel({ onFallback: reason => console.error(reason) })
const twin = createKernel({ wasm: 'off' })
const table = []
for (const layout of ['KN', 'NK'] as const) {
  for (const [bits, blockSize, symmetric] of [
    [4, 32, true],
    [4, 32, false],
    [4, 128, true],
    [8, 32, true],
    [2, 32, true],
  ] as const) {
    const spec = { K, N, layout, bits, blockSize, symmetric }
    const best = { wasm: Infinity, twin: Infinity }
    for (let round = 0; round < rounds; round++) {
      best.wasm = Math.min(best.wasm, code(wasm, spec, weight))
      best.twin = Math.min(best.twin, code(twin, spec, weight))
    }
    table.push({
      layout,
      bits,
      blockSize,
      symmetric,
      'wasm ms': Number(best.wasm.toFixed(1)),
      'twin ms': Number(best.twin.toFixed(1)),
      'speed-up': Number((best.twin / best.wasm).toFixed(2)),
    })
  }
}
console.table(table)
console.log(`[${K}, ${N}] float32; kernel memory ${(wasm.memoryBytes() / 2 ** 20).toFixed(1)} MiB`)
