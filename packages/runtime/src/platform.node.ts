// What the runtime asks of Node: sessions in this process, in workers and in child processes, files for large models.
import type { Platform } from './platform.ts'
import { startProcess, startWorker } from './isolate.node.ts'
import { loadOrt } from './load-ort.node.ts'
import { machine } from './machine.node.ts'
import { materialize } from './materialize.node.ts'
import { materializeFiles } from './prepared-files.node.ts'
import { openSpill } from './spill.node.ts'
import { temporaryFolder } from './temporary.node.ts'

export const platform: Platform = {
  name: 'node',
  loadOrt,
  startWorker,
  startProcess,
  materialize,
  materializeFiles,
  machine,
  openFolder: temporaryFolder,
  openSpill,
}
