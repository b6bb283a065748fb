// Loads onnxruntime-web, which is an optional peer: only what the target needs, only when the first session opens.
import { EngineError } from './engine/engine-error.ts'
import type { OrtChoice } from './engine/message.ts'
import { quiet, readOrtModule, setUpWasm, type OrtModule } from './ort/ort-module.ts'

/** Throws `runtime-missing` where onnxruntime-web cannot be imported. */
export async function loadWebOrt(choice: OrtChoice): Promise<OrtModule> {
  return setUpWasm(quiet(readOrtModule(await importWeb(choice.module))), choice)
}

async function importWeb(module: OrtChoice['module']): Promise<unknown> {
  try {
    // The specifiers are literals, so that bundlers find them.
    return module === 'webgpu' ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web/wasm')
  } catch (cause) {
    throw new EngineError(
      'runtime-missing',
      'Expected onnxruntime-web (an optional peer of @damson/runtime), but it cannot be imported. Install it, or pass ' +
        'a module: createRuntime({ ort }).',
      { cause },
    )
  }
}
