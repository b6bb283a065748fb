// The checks by name. Each gives the problems it found; none means that it passed. Those of the sources and those of what is
// built go side by side, each in its order.
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { apiProblems } from '@damson/api'
import { writeDeclarations } from '@damson/declarations'
import {
  attwProblems,
  budgetProblems,
  packInto,
  publicPackages,
  publintProblems,
  readBudgets,
  root,
} from '@damson/pack'
import { houseRules, readWorkspace, report } from '@damson/structure'

type Check = () => Promise<readonly string[]>

const ofSources: Readonly<Record<string, Check>> = {
  format: command('prettier', '--check', '--log-level', 'warn', '.'),
  lint: command('oxlint', '--deny-warnings'),
  structure: async () => {
    const workspace = readWorkspace()
    const violations = Object.values(houseRules).flatMap(rule => rule(workspace))
    return violations.length === 0 ? [] : [report(violations)]
  },
  // All packages in one program: each on its own would check what it imports again.
  types: command('tsc', '-p', '.', '--noEmit'),
  generated: command('turbo', 'run', 'generated', '--output-logs=errors-only'),
}

const ofBuilds: Readonly<Record<string, Check>> = {
  build: async () => [
    ...(await command('turbo', 'run', 'build', '--output-logs=errors-only')()),
    ...(await writeDeclarations()),
  ],
  knip: command('knip', '--no-config-hints'),
  api: async () => apiProblems(),
  budgets: async () => budgetProblems(publicPackages(), readBudgets()),
  packages: packedProblems,
}

export const checks: readonly Readonly<Record<string, Check>>[] = [ofSources, ofBuilds]

/** publint and attw on the tarballs that would be published. */
async function packedProblems(): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'damson-pack-'))
  try {
    const packages = publicPackages()
    const tarballs = await packInto(folder, packages)
    const problems = await Promise.all(
      tarballs.flatMap((tarball, index) => {
        const found = packages[index]
        return found === undefined ? [] : [publintProblems(tarball), attwProblems(tarball, found)]
      }),
    )
    return problems.flat()
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A tool of the root's node_modules; what it prints is the problem when it fails. */
function command(tool: string, ...args: readonly string[]): Check {
  return () =>
    new Promise(resolve => {
      const child = spawn(join(root, 'node_modules/.bin', tool), args, {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let output = ''
      for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += String(chunk)))
      child.on('error', error => resolve([String(error)]))
      child.on('close', code => resolve(code === 0 ? [] : [`${tool} ended with ${code}`, output]))
    })
}
