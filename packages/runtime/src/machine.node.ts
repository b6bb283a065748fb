// What this machine is, as far as results or speed depend on it.
import { readFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import type { MachineTraits } from '@damson/core'

/** Instruction sets that ONNX Runtime's kernels choose by, as Linux spells them. */
const known = [
  'sse4_1', 'avx', 'avx2', 'fma', 'avx512f', 'avx512bw', 'avx512vl', 'avx512_vnni', 'avx_vnni', 'avx512_bf16', 'amx_int8',
  'amx_bf16', 'f16c', 'asimd', 'asimddp', 'i8mm', 'bf16', 'sve',
] // prettier-ignore

/** Features are known on Linux only; elsewhere the list is empty. */
export async function machine(): Promise<Omit<MachineTraits, 'ort'>> {
  const { platform, arch } = process
  return { platform, arch, cores: availableParallelism(), features: await features() }
}

async function features(): Promise<readonly string[]> {
  if (process.platform !== 'linux') return []
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '')
  const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(text)?.[1] ?? ''
  const present = new Set(line.split(' '))
  return known.filter(name => present.has(name))
}
