// What differs between Node and elsewhere, elsewhere.
export { fileSource, pathFolder } from './storage/no-paths.web.ts'
export { createSha256 } from './storage/sha256.web.ts'
