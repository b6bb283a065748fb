// What differs between Node and elsewhere, in Node.
export { fileSource, pathFolder } from './storage/file-source.node.ts'
export { createSha256 } from './storage/sha256.node.ts'
export { fileSink, folderSink } from './storage/path-sink.node.ts'
export { createSpill } from './storage/spill.node.ts'
