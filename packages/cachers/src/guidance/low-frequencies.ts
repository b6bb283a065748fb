// The low frequencies of pictures: those inside a circle of a fifth of the shorter side, by a Fourier transform that computes
// no others. Source of the radius: FasterCache's published code.

/** Where the planes of a tensor lie: plane p, row y, column x at `start(p) + (y·width + x)·stride`. */
export interface Planes {
  readonly count: number
  readonly height: number
  readonly width: number
  readonly stride: number
  start(plane: number): number
}

/** The planes of latents [rows, channels, height, width], or of tokens [rows, height·width, channels]; undefined for others. */
export function planesOf(shape: readonly number[], grid?: readonly [number, number]): Planes | undefined {
  const [rows = 0, a = 0, b = 0, c = 0] = shape
  if (shape.length === 4) return { count: rows * a, height: b, width: c, stride: 1, start: p => p * b * c }
  if (shape.length !== 3) return undefined
  const side = Math.round(Math.sqrt(a))
  const [height, width] = grid ?? [side, side]
  if (height * width !== a) return undefined
  return { count: rows * b, height, width, stride: b, start: p => Math.floor(p / b) * a * b + (p % b) }
}

/** The numbers with their high frequencies taken away, plane by plane. */
export function lowFrequencies(numbers: ArrayLike<number>, planes: Planes): Float64Array {
  const low = new Float64Array(numbers.length)
  const { height, width } = planes
  const radius = Math.floor(Math.min(height, width) / 5)
  const across = waves(radius, width)
  const down = waves(radius, height)
  for (let plane = 0; plane < planes.count; plane++) {
    for (let v = -radius; v <= radius; v++) {
      // Real numbers have mirrored spectra, so half of the plane of frequencies is enough.
      for (let u = 0; u <= radius; u++) {
        if (u * u + v * v > radius * radius || (u === 0 && v < 0)) continue
        addWave(low, numbers, planes, plane, across(u), down(v), u === 0 && v === 0 ? 1 : 2)
      }
    }
  }
  return low
}

interface Wave {
  readonly cos: Float64Array
  readonly sin: Float64Array
}

function waves(radius: number, size: number): (frequency: number) => Wave {
  const made = Array.from({ length: 2 * radius + 1 }, (_, at): Wave => {
    const step = (2 * Math.PI * (at - radius)) / size
    return {
      cos: Float64Array.from({ length: size }, (_x, x) => Math.cos(step * x)),
      sin: Float64Array.from({ length: size }, (_x, x) => Math.sin(step * x)),
    }
  })
  const still: Wave = { cos: new Float64Array(size), sin: new Float64Array(size) }
  return frequency => made[frequency + radius] ?? still
}

/** Adds one frequency's share: Re(X·e^{iφ})·times / (height·width), X = Σ x·e^{−iφ}, φ of column plus φ of row. */
function addWave(
  low: Float64Array,
  numbers: ArrayLike<number>,
  { height, width, stride, start }: Planes,
  plane: number,
  across: Wave,
  down: Wave,
  times: number,
): void {
  const first = start(plane)
  const at = (y: number, x: number): number => first + (y * width + x) * stride
  const turn = (y: number, x: number): readonly [number, number] => {
    const [cx = 0, sx = 0, cy = 0, sy = 0] = [across.cos[x], across.sin[x], down.cos[y], down.sin[y]]
    return [cx * cy - sx * sy, sx * cy + cx * sy]
  }
  let re = 0
  let im = 0
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [c, s] = turn(y, x)
      const number = numbers[at(y, x)] ?? 0
      re += number * c
      im += number * s
    }
  const scale = times / (height * width)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [c, s] = turn(y, x)
      low[at(y, x)] = (low[at(y, x)] ?? 0) + scale * (re * c + im * s)
    }
}
