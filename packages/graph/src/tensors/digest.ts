// MurmurHash3 (Appleby, public domain; the x86 128-bit form): identity of bytes in memory at about the speed of reading
// them. Tensors that a program made are compared with it; it is no defence against somebody who wants collisions.

const c1 = 0x239b961b
const c2 = 0xab0e9789
const c3 = 0x38b34ae5
const c4 = 0xa1e38b93

const rotate = (x: number, bits: number): number => (x << bits) | (x >>> (32 - bits))
const scramble = (k: number, a: number, bits: number, b: number): number =>
  Math.imul(rotate(Math.imul(k, a), bits), b)

function finish(h: number): number {
  let x = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}

/** 32 hexadecimal digits; equal bytes give equal digits on every machine. */
export function digest(bytes: Uint8Array): string {
  const whole = bytes.length - (bytes.length % 16)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let h1 = 0
  let h2 = 0
  let h3 = 0
  let h4 = 0
  for (let at = 0; at < whole; at += 16) {
    h1 = rotate(h1 ^ scramble(view.getInt32(at, true), c1, 15, c2), 19) + h2
    h1 = (Math.imul(h1, 5) + 0x561ccd1b) | 0
    h2 = rotate(h2 ^ scramble(view.getInt32(at + 4, true), c2, 16, c3), 17) + h3
    h2 = (Math.imul(h2, 5) + 0x0bcaa747) | 0
    h3 = rotate(h3 ^ scramble(view.getInt32(at + 8, true), c3, 17, c4), 15) + h4
    h3 = (Math.imul(h3, 5) + 0x96cd1c35) | 0
    h4 = rotate(h4 ^ scramble(view.getInt32(at + 12, true), c4, 18, c1), 13) + h1
    h4 = (Math.imul(h4, 5) + 0x32ac3b17) | 0
  }
  const tail = new Uint8Array(16)
  tail.set(bytes.subarray(whole))
  const last = new DataView(tail.buffer)
  h4 ^= scramble(last.getInt32(12, true), c4, 18, c1)
  h3 ^= scramble(last.getInt32(8, true), c3, 17, c4)
  h2 ^= scramble(last.getInt32(4, true), c2, 16, c3)
  h1 ^= scramble(last.getInt32(0, true), c1, 15, c2)
  return combine(h1 ^ bytes.length, h2 ^ bytes.length, h3 ^ bytes.length, h4 ^ bytes.length)
}

function combine(a: number, b: number, c: number, d: number): string {
  let h1 = (a + b + c + d) | 0
  const [h2, h3, h4] = [finish(b + h1), finish(c + h1), finish(d + h1)]
  h1 = (finish(h1) + h2 + h3 + h4) | 0
  return [h1, h2 + h1, h3 + h1, h4 + h1].map(x => (x >>> 0).toString(16).padStart(8, '0')).join('')
}
