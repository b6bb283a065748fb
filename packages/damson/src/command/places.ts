// Arguments that name files: relative to where the user stands.

/** The path as given when absolute, else below the working folder. */
export function pathIn(cwd: string, path: string): string {
  return /^([a-zA-Z]:)?[\\/]/.test(path) ? path : `${cwd.replace(/[\\/]$/, '')}/${path.replace(/^\.\//, '')}`
}
