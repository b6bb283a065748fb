// Loads ONNX Runtime in Node, where it is an optional peer. Two native copies in one process crash it, so a second one is
// refused before it loads.
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { EngineError } from './engine/engine-error.ts'
import type { OrtChoice } from './engine/message.ts'
import { quiet, readOrtModule, setUpWasm, type OrtModule } from './ort/ort-module.ts'

const bindingName = 'onnxruntime_binding.node'

/** Throws `runtime-missing` when the peer is not installed, `two-runtimes` when another native copy is loaded. */
export async function loadOrt(choice: OrtChoice): Promise<OrtModule> {
  if (choice.module === 'node') {
    const root = resolvePeer('onnxruntime-node')
    checkSingleCopy(dirname(dirname(root)), [...nativeCopies(), ...(choice.loaded ?? [])])
    return quiet(readOrtModule(await import('onnxruntime-node')))
  }
  resolvePeer('onnxruntime-web')
  return setUpWasm(quiet(readOrtModule(await import('onnxruntime-web'))), choice)
}

/** Paths of the native bindings of onnxruntime-node that this thread has loaded. */
export function nativeCopies(): readonly string[] {
  return Object.keys(createRequire(import.meta.url).cache).filter(path => path.endsWith(bindingName))
}

/** Throws `two-runtimes` when a loaded binding lies outside `folder`, the copy that is about to load. */
export function checkSingleCopy(folder: string, loaded: readonly string[]): void {
  const other = loaded.find(path => !path.startsWith(folder))
  if (other === undefined) return
  throw new EngineError(
    'two-runtimes',
    `Expected one copy of onnxruntime-node in the process, got a second: ${other} is loaded, ${folder} was asked for. ` +
      'Two crash. Make the versions agree, or pass the loaded module: createRuntime({ ort }).',
    { details: { loaded: other, wanted: folder } },
  )
}

function resolvePeer(name: string): string {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch (cause) {
    throw new EngineError(
      'runtime-missing',
      `Expected ${name} (an optional peer of @damson/runtime), but it is not installed. Add it to your project, or ` +
        'pass a module: createRuntime({ ort }).',
      { cause },
    )
  }
}
