// The packages as strangers get them: packed, installed under pnpm into an empty project, used from plain JavaScript.
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { built } from '@damson/config/node'
import { requireZoo } from '@damson/zoo'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { packInto, pnpm, publicPackages, root, type Tarball } from './packages.ts'
import { plainEnvironment } from './plain-environment.ts'

// Tarballs hold the build, so there is nothing to test from source.
describe.runIf(built)('packed and installed into an empty project', () => {
  let project: string
  beforeAll(async () => {
    project = mkdtempSync(join(tmpdir(), 'damson-installed-'))
    const tarballs = await packInto(project, publicPackages())
    cpSync(fileURLToPath(new URL('../outside', import.meta.url)), project, { recursive: true })
    cpSync(requireZoo('fixtures/bert-tiny-ts/model.onnx'), join(project, 'model.onnx'))
    writeFileSync(join(project, 'package.json'), JSON.stringify(manifestOf(tarballs), null, 2))
    writeFileSync(join(project, 'pnpm-workspace.yaml'), settingsOf(tarballs))
    await pnpm(['install', '--prefer-offline', '--no-frozen-lockfile'], project)
  }, 300_000)
  afterAll(() => rmSync(project, { recursive: true, force: true }))

  test('no package carries its sources or tests', () => {
    const files = publicPackages().map(({ name }) => join(project, 'node_modules', name, 'package.json'))
    for (const file of files) {
      expect(readFileSync(file, 'utf8')).not.toContain('@damson/source')
      expect(statSync(join(file, '../src'), { throwIfNoEntry: false })).toBeUndefined()
    }
  })

  test('three lines make a model smaller, and it runs without damson', async () => {
    await node('three-lines.js')
    expect(statSync(join(project, 'out.onnx')).size).toBeLessThan(
      statSync(join(project, 'model.onnx')).size / 2,
    )
    expect(await node('run.js')).toMatch(/^1,3,\d+/)
  })

  test('the command is there', async () => {
    expect(await node('node_modules/damson/bin/damson.mjs', 'algorithms')).toContain('weight-only')
  })

  test('an algorithm of somebody else passes the conformance suite', async () => {
    const report = join(project, 'report.json')
    await node('node_modules/vitest/vitest.mjs', 'run', '--reporter=json', `--outputFile=${report}`).catch(
      () => '',
    )
    const { testResults, numPassedTests, numFailedTests } = JSON.parse(readFileSync(report, 'utf8'))
    const failed = testResults.flatMap(failuresIn)
    expect(failed).toEqual([])
    expect(numFailedTests).toBe(0)
    expect(numPassedTests).toBeGreaterThan(8)
  })

  async function node(...args: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: project,
      env: plainEnvironment(),
    })
    return stdout
  }
})

interface FileReport {
  readonly message: string
  readonly assertionResults: readonly {
    status: string
    fullName: string
    failureMessages: readonly string[]
  }[]
}

function failuresIn({ message, assertionResults }: FileReport): string[] {
  const failed = assertionResults.filter(each => each.status === 'failed')
  return [
    ...(message === '' ? [] : [message]),
    ...failed.map(each => `${each.fullName}: ${each.failureMessages.join()}`),
  ]
}

function manifestOf(tarballs: readonly Tarball[]): object {
  const versions = ['onnxruntime-node', 'vitest'].map(name => [name, catalogVersion(name)])
  const ours = tarballs.map(({ name, file }) => [name, `file:${file}`])
  return {
    name: 'stranger',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries([...ours, ...versions]),
  }
}

/** Dependencies between the tarballs resolve to the tarballs too: these versions are in no registry. */
function settingsOf(tarballs: readonly Tarball[]): string {
  const overrides = tarballs.map(({ name, file }) => `  '${name}': 'file:${file}'`)
  const settings = [
    'packages: []',
    'autoInstallPeers: false',
    'ignoredBuiltDependencies: [onnxruntime-node, esbuild]',
  ]
  return [...settings, 'overrides:', ...overrides, ''].join('\n')
}

function catalogVersion(name: string): string {
  const settings = readFileSync(join(root, 'pnpm-workspace.yaml'), 'utf8')
  const version = new RegExp(`^  ${name}: (\\S+)$`, 'm').exec(settings)?.[1]
  if (version === undefined) throw new Error(`expected ${name} in the catalog of pnpm-workspace.yaml`)
  return version
}
