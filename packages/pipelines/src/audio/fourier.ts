// The discrete Fourier transform of any length: Cooley–Tukey over the prime factors of the length (Whisper's frames of 400 are
// 2⁴·5², which libraries for powers of two cannot transform).

export interface Fourier {
  /** |X_k|² of a real frame, k = 0 … length/2. The result is overwritten by the next call. */
  power(frame: Float64Array): Float64Array
}

export function fourier(length: number): Fourier {
  const angle = (i: number): number => (-2 * Math.PI * i) / length
  const cos = Float64Array.from({ length }, (_, i) => Math.cos(angle(i)))
  const sin = Float64Array.from({ length }, (_, i) => Math.sin(angle(i)))
  const factors = factorsOf(length)
  const [re, im] = [new Float64Array(length), new Float64Array(length)]
  const most = Math.max(1, ...factors)
  const [partRe, partIm] = [new Float64Array(most), new Float64Array(most)]
  const result = new Float64Array(Math.floor(length / 2) + 1)

  /** Transforms every `stride`-th number from `at` on into `count` numbers at `to`. */
  const transform = (
    frame: Float64Array,
    count: number,
    stride: number,
    at: number,
    to: number,
    depth: number,
  ): void => {
    if (count === 1) {
      re[to] = frame[at] ?? 0
      im[to] = 0
      return
    }
    const p = factors[depth] ?? count
    const m = count / p
    for (let r = 0; r < p; r++) transform(frame, m, stride * p, at + r * stride, to + r * m, depth + 1)
    for (let k = 0; k < m; k++) combine(p, m, k, stride, to)
  }

  /** X[k + q·m] = Σ_r Y_r[k]·W^(r·(k + q·m)) */
  const combine = (p: number, m: number, k: number, stride: number, to: number): void => {
    for (let q = 0; q < p; q++) {
      let [sumRe, sumIm] = [0, 0]
      for (let r = 0; r < p; r++) {
        const turn = (r * (k + q * m) * stride) % length
        const [c, s, a, b] = [
          cos[turn] ?? 0,
          sin[turn] ?? 0,
          re[to + r * m + k] ?? 0,
          im[to + r * m + k] ?? 0,
        ]
        sumRe += a * c - b * s
        sumIm += a * s + b * c
      }
      partRe[q] = sumRe
      partIm[q] = sumIm
    }
    for (let q = 0; q < p; q++) {
      re[to + q * m + k] = partRe[q] ?? 0
      im[to + q * m + k] = partIm[q] ?? 0
    }
  }

  return {
    power(frame) {
      transform(frame, length, 1, 0, 0, 0)
      for (let k = 0; k < result.length; k++) result[k] = (re[k] ?? 0) ** 2 + (im[k] ?? 0) ** 2
      return result
    },
  }
}

function factorsOf(length: number): readonly number[] {
  const factors: number[] = []
  let rest = length
  for (let p = 2; p * p <= rest; p++) for (; rest % p === 0; rest /= p) factors.push(p)
  return rest > 1 ? [...factors, rest] : factors
}
