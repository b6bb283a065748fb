// Numbers as people read them.

/** Bytes in decimal units, three digits: `25.4 MB`. */
export function bytesText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3))
  const value = bytes / 1000 ** power
  return `${power === 0 ? value : value.toPrecision(value >= 1000 ? 4 : 3)} ${units[power] ?? ''}`
}

/** Counts with a letter: `6.20 M`. */
export function countText(count: number): string {
  if (count < 10_000) return String(count)
  return count < 1e6
    ? `${(count / 1e3).toPrecision(3)} k`
    : count < 1e9
      ? `${(count / 1e6).toPrecision(3)} M`
      : `${(count / 1e9).toPrecision(3)} G`
}

/** `0.42×`. */
export function ratioText(ratio: number): string {
  return Number.isFinite(ratio) ? `${ratio.toFixed(2)}×` : '–'
}

/** `36.1 dB`, or `equal` where nothing differs. */
export function decibelText(decibels: number): string {
  return decibels === Infinity ? 'equal' : Number.isFinite(decibels) ? `${decibels.toFixed(1)} dB` : '–'
}

/** Milliseconds: `12.3 ms`, `4.56 s`. */
export function timeText(ms: number): string {
  return ms < 1000 ? `${ms.toPrecision(3)} ms` : `${(ms / 1000).toPrecision(3)} s`
}

/** `3 nodes`, `1 node`. */
export function plural(count: number, noun: string): string {
  return `${countText(count)} ${noun}${count === 1 ? '' : 's'}`
}
