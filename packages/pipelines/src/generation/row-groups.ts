// Which rows of tokens run in one batch.

/** Indices of rows that run together: all in their order, or, where rows cannot be filled up, those of one length; `most` at once. */
export function rowsTogether(
  rows: readonly (readonly number[])[],
  pads: boolean,
  most = Infinity,
): readonly (readonly number[])[] {
  const groups = new Map<number, number[]>()
  for (const [row, { length }] of rows.entries()) {
    const group = groups.get(pads ? 0 : length) ?? []
    groups.set(pads ? 0 : length, group)
    group.push(row)
  }
  const size = Math.min(most, rows.length)
  return [...groups.values()].flatMap(group =>
    Array.from({ length: Math.ceil(group.length / size) }, (_, i) => group.slice(i * size, (i + 1) * size)),
  )
}
