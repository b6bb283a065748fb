// The repository as data, so that a rule is a function from it to violations and its test needs no files on disk.
import { execFileSync } from 'node:child_process'
import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

/** One text file: its path from the repository's root, with forward slashes. */
export interface TextFile {
  readonly path: string
  readonly text: string
}

/** A TypeScript file of a package or a tool. */
export interface Source extends TextFile {
  readonly syntax: ts.SourceFile
  /** `packages/graph`, `tooling/zoo`. */
  readonly folder: string
  /** File name without folders. */
  readonly name: string
  /** A library is what users install: `packages/*`. */
  readonly library: boolean
  readonly test: boolean
  readonly generated: boolean
}

export interface Workspace {
  readonly files: readonly TextFile[]
  readonly sources: readonly Source[]
}

/** One breach of one rule, printed as `file:line rule message`. */
export interface Violation {
  readonly file: string
  readonly line: number
  readonly rule: string
  readonly message: string
}

export type Rule = (workspace: Workspace) => readonly Violation[]

export const root: string = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

/** The families, each a package; what they may not do is import each other. */
export const families: readonly string[] = [
  ...['quantizers', 'cachers', 'compilers', 'kernels', 'decoders', 'distillers', 'enhancers', 'recoverers'],
  ...['pruners', 'factorizers', 'batchers'],
]

/** A workspace made of texts, keyed by path. */
export function workspaceOf(texts: Readonly<Record<string, string>>): Workspace {
  const files = Object.entries(texts).map(([path, text]) => ({ path, text }))
  return { files, sources: files.flatMap(sourceOf) }
}

/** This repository: what git tracks or would track, as far as it is text of reasonable size. */
export function readWorkspace(): Workspace {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
    cwd: root,
    maxBuffer: 1 << 28,
  })
  const paths = listed.toString('utf8').split('\0').filter(isReadable)
  return workspaceOf(Object.fromEntries(paths.map(path => [path, readFileSync(join(root, path), 'utf8')])))
}

/** One line for each violation. */
export function report(violations: readonly Violation[]): string {
  return violations.map(({ file, line, rule, message }) => `${file}:${line} ${rule} ${message}`).join('\n')
}

/** The line of a syntax node, starting at 1. */
export function lineOf(source: Source, node: ts.Node): number {
  return source.syntax.getLineAndCharacterOfPosition(node.getStart(source.syntax)).line + 1
}

function sourceOf(file: TextFile): Source[] {
  const match = /^((?:packages|tooling|apps)\/[^/]+)\/(?:src|test)\/.*?([^/]+\.ts)$/.exec(file.path)
  const [folder, name] = [match?.[1], match?.[2]]
  if (folder === undefined || name === undefined) return []
  const syntax = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true)
  const test = /\.(test|test-d)\.ts$/.test(name) || file.path.startsWith(`${folder}/test/`)
  const generated = /\.generated\.ts$|\/generated\//.test(file.path)
  return [{ ...file, syntax, folder, name, library: folder.startsWith('packages/'), test, generated }]
}

const binary = /\.(onnx|onnx_data|wasm|npy|npz|bin|png|ico|wav|safetensors|gz|tgz)$/
const data = /^(tooling\/zoo\/(fixtures|models)|apps\/demo\/models)\/|pnpm-lock\.yaml$/

function isReadable(path: string): boolean {
  if (path === '' || binary.test(path) || data.test(path)) return false
  const stat = statSync(join(root, path), { throwIfNoEntry: false })
  return stat !== undefined && stat.isFile() && stat.size < 4_000_000
}
