// The version written into saved models. `pnpm changeset version` changes package.json; a test keeps the two equal.

/** Version of this package. */
export const version = '0.0.0'
