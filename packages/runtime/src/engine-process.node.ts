// Entry of a child process: an engine that answers its parent and ends with it.
import { ortEngine } from './engine/ort-engine.ts'
import { serveEngine } from './engine/serve-engine.ts'
import { loadOrt } from './load-ort.node.ts'

let unsent = 0
let ending = false
const endWhenSent = (): void => {
  if (ending && unsent === 0) process.disconnect()
}
const serve = serveEngine(
  {
    send: answer => {
      unsent++
      process.send?.(answer, undefined, undefined, () => {
        unsent--
        endWhenSent()
      })
    },
    end: () => {
      ending = true
      endWhenSent()
    },
  },
  async choice => ortEngine(await loadOrt(choice)),
)
process.on('message', serve)
process.once('disconnect', () => process.exit(0))
