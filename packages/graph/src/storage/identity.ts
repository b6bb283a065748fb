// Names for contents that have none: two Blobs of one size may differ, and hashing them to find out would read them.
// The counter is the one piece of module state: it gives out names and nothing reads it back.
let given = 0

/** A name no other source of this process has. */
export function freshIdentity(kind: string): string {
  given += 1
  return `${kind}#${given}`
}
