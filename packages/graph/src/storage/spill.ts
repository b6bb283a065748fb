// Where bytes go that do not fit into memory, or should not stay there.
/** Room for bytes that were made and may be asked for again. It is given back by `close`, or when nothing refers to it. */
export interface Spill {
  write(offset: number, bytes: Uint8Array): Promise<void>
  read(offset: number, into: Uint8Array): Promise<void>
  close(): Promise<void>
}
