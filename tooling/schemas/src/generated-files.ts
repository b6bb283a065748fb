// Which files are generated, and from which schemas.
import { builderModule } from './builder-module.ts'
import { readKernels, readSchemas, type SchemaRow } from './data.ts'
import { kernelModule } from './kernel-table.ts'
import { schemaModule } from './schema-table.ts'

/** damson reads opset 7 and later; rows that 7 had replaced are left out. */
const oldestOpset = 7

/** File name in packages/graph/src/ops to its text. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const onnx = inForce(readSchemas('onnx.json'))
  // ONNX Runtime's own layout passes make the nchwc and nhwc operators; nobody else may emit them.
  const contributed = readSchemas('com.microsoft.json').filter(row => /^(com\.microsoft)?$/.test(row.domain))
  const microsoft = contributed.filter(row => row.domain === 'com.microsoft')
  const runtimeOnly = contributed.filter(row => row.domain === '' && !row.op.startsWith('Memcpy'))
  const standard = onnx.filter(row => row.domain === '')
  const learning = onnx.filter(row => row.domain === 'ai.onnx.ml')
  return new Map([
    ['onnx-schemas.generated.ts', schemaModule('onnx', 'data/onnx.json', standard)],
    ['learning-schemas.generated.ts', schemaModule('learning', 'data/onnx.json', learning)],
    ['runtime-schemas.generated.ts', schemaModule('runtime', 'data/com.microsoft.json', runtimeOnly)],
    ['microsoft-schemas.generated.ts', schemaModule('microsoft', 'data/com.microsoft.json', microsoft)],
    ['cpu-kernels.generated.ts', kernelModule(readKernels('cpu-kernels.json'))],
    [
      'onnx-operators.generated.ts',
      builderModule({ name: 'op', type: 'OnnxOperators', domain: '', what: 'the ONNX operators' }, [
        ...runtimeOnly,
        ...standard,
      ]),
    ],
    [
      'microsoft-operators.generated.ts',
      builderModule(
        {
          name: 'ms',
          type: 'MicrosoftOperators',
          domain: 'com.microsoft',
          what: 'the com.microsoft operators',
        },
        microsoft,
      ),
    ],
  ])
}

function inForce(rows: readonly SchemaRow[]): readonly SchemaRow[] {
  const replaced = (row: SchemaRow): boolean =>
    rows.some(
      next =>
        next.op === row.op &&
        next.domain === row.domain &&
        next.since > row.since &&
        next.since <= oldestOpset,
    )
  return rows.filter(row => row.domain !== '' || !replaced(row))
}
