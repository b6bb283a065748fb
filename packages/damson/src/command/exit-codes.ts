// What the exit code says, so that scripts need not read the text.

export const exitCodes = {
  done: 0,
  /** Something went wrong while working: a broken model, a full disk. */
  failed: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** The steps do not go together; nothing was written. */
  conflict: 3,
  /** It does not load or run, and is not left in place; or it was written, but its outputs are not numbers. */
  unverified: 4,
  /** Ctrl-C. */
  aborted: 130,
} as const satisfies Readonly<Record<string, number>>
