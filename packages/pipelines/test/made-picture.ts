// The picture and the numbers that tooling/peers/processors-golden.py makes, and pictures drawn from text.
import type { Picture } from '../src/images/picture.ts'

/** The upper 24 bits of a linear congruential generator. */
export function numbers(count: number): readonly number[] {
  let state = 1
  return Array.from({ length: count }, () => {
    state = (Math.imul(1664525, state) + 1013904223) >>> 0
    return state >>> 8
  })
}

export function madePicture(width = 13, height = 9): Picture {
  return { width, height, channels: 3, data: Uint8Array.from(numbers(width * height * 3), n => n % 256) }
}

/** A grey picture: a line of text a row, `#` is white; each character is `size` × `size` pixels. */
export function drawn(lines: readonly string[], size = 1): Picture {
  const width = (lines[0]?.length ?? 0) * size
  const height = lines.length * size
  const data = Uint8Array.from({ length: width * height }, (_, i) => {
    const [y, x] = [Math.floor(i / width / size), Math.floor((i % width) / size)]
    return lines[y]?.[x] === '#' ? 255 : 0
  })
  return { width, height, channels: 1, data }
}
