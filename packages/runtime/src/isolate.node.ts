// Starts engines in worker threads and child processes, and lets this process end while they are idle.
import { fork, type ChildProcess } from 'node:child_process'
import { Worker } from 'node:worker_threads'
import { processEntry, threadEntry } from './entry.node.ts'
import type { Far, StartFar } from './engine/remote-engine.ts'
import type { Numbered } from './engine/message.ts'
import { nativeCopies } from './load-ort.node.ts'

/** A worker thread. It is never terminated: doing so during a run aborts the whole process. */
export const startWorker: StartFar = ({ answer, gone }) => {
  const { file, execArgv } = threadEntry('engine-thread.node')
  const worker = new Worker(file, { execArgv })
  const ended = new Promise<void>(resolve => worker.once('exit', () => resolve()))
  worker.on('message', answer)
  worker.once('error', error => gone(error.message))
  worker.once('exit', code => gone(`worker exited with code ${code}`))
  worker.unref()
  return {
    send: (message, transfer) => worker.postMessage(withCopies(message), transfer),
    hold: held => (held ? worker.ref() : worker.unref()),
    end() {
      // Whoever waits for the end must not see the process end before it.
      worker.ref()
      return ended
    },
  }
}

/** A child process: it can be killed in the middle of a run, and when it crashes this process lives on. */
export const startProcess: StartFar = ({ answer, gone }) => {
  const { file, execArgv } = processEntry('engine-process.node')
  const child = fork(file, [], {
    execArgv,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  const said = lastWords(child)
  const ended = new Promise<void>(resolve => child.once('close', () => resolve()))
  child.on('message', (message: Parameters<typeof answer>[0]) => answer(message))
  child.once('error', error => gone(error.message))
  child.once('close', (code, signal) => gone(`process ended with ${signal ?? `code ${code}`}${said()}`))
  return far(child, ended)
}

function far(child: ChildProcess, ended: Promise<void>): Far {
  return {
    send: message => child.send(message),
    hold(held) {
      if (held) {
        child.ref()
        child.channel?.ref()
      } else {
        child.unref()
        child.channel?.unref()
      }
    },
    kill: () => child.kill('SIGKILL'),
    end() {
      child.ref()
      return ended
    },
  }
}

/** What the process last wrote to its error stream; a native abort explains itself there. */
function lastWords(child: ChildProcess): () => string {
  const limit = 500
  let text = ''
  const { stderr } = child
  stderr?.setEncoding('utf8')
  stderr?.on('data', (chunk: string) => (text = (text + chunk).slice(-limit)))
  if (stderr && 'unref' in stderr && typeof stderr.unref === 'function') stderr.unref()
  return () => (text.trim() === '' ? '' : `, saying: ${text.trim()}`)
}

function withCopies(message: Numbered): Numbered {
  if (message.request.kind !== 'start') return message
  return { ...message, request: { kind: 'start', ort: { ...message.request.ort, loaded: nativeCopies() } } }
}
