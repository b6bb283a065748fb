// Bytes fields of ONNX that hold text by custom, not by type.

/** Longer ones are somebody's binary format (compiled engines in attributes), and no text would be gained. */
const longestText = 2 ** 24

/** The text of UTF-8 bytes; the bytes themselves when they are not UTF-8, or more than 16 MiB. */
export function decodeText(bytes: Uint8Array): string | Uint8Array {
  if (bytes.length > longestText) return bytes
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return bytes
  }
}

/** The bytes of a text. */
export function encodeText(text: string | Uint8Array): Uint8Array<ArrayBuffer> {
  return typeof text === 'string' ? new TextEncoder().encode(text) : new Uint8Array(text)
}
