// What differs between Node and elsewhere, elsewhere.
export { fileSink, fileSource, folderSink, pathFolder } from './storage/no-paths.web.ts'
export { createSha256 } from './storage/sha256.web.ts'
export { createSpill } from './storage/spill.web.ts'
