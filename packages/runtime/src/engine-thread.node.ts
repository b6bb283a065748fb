// Entry of a worker thread: an engine that answers its parent.
import { parentPort } from 'node:worker_threads'
import { ortEngine } from './engine/ort-engine.ts'
import { serveEngine } from './engine/serve-engine.ts'
import { loadOrt } from './load-ort.node.ts'

const port = parentPort
if (port) {
  const serve = serveEngine(
    { send: (answer, transfer) => port.postMessage(answer, transfer), end: () => port.close() },
    async choice => ortEngine(await loadOrt(choice)),
  )
  port.on('message', serve)
}
