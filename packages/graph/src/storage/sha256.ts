// A hash that is fed piece by piece, since a model file does not fit into memory.
/** `digest` ends it and gives hexadecimal digits. */
export interface Sha256 {
  update(bytes: Uint8Array): void
  digest(): string
}
