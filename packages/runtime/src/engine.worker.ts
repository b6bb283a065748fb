// Entry of a Web Worker: an engine over onnxruntime-web that answers the page.
import { ortEngine } from './engine/ort-engine.ts'
import { serveEngine } from './engine/serve-engine.ts'
import { loadWebOrt } from './load-ort.web.ts'

const serve = serveEngine(
  { send: (answer, transfer) => self.postMessage(answer, { transfer }), end: () => self.close() },
  async choice => ortEngine(await loadWebOrt(choice)),
)
self.addEventListener('message', event => serve(event.data))
