// Files and folders of this machine as sinks. Everything is written under a temporary name beside its target and
// renamed at the end, so a name either holds a whole file or what it held before.
import { rmdirSync, rmSync } from 'node:fs'
import { copyFile, link, mkdir, open, rename, rm, stat, statfs, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { DamsonError } from '../error.ts'
import type { Sink, SinkFile, SourceFolder } from '../storage.ts'
import { diskError } from './disk-error.node.ts'
import { freshIdentity } from './identity.ts'
import { pathFolder } from './file-source.node.ts'
import { innerPath } from './path.ts'
import { PathFile } from './path-file.node.ts'
import { removeIfEnded } from './unfinished.node.ts'

interface Entry {
  readonly file: PathFile
  readonly target: string
}

class PathSink implements Sink {
  readonly name: string
  readonly #root: string
  /** A new folder is staged as a whole; in one that is there, each file is. */
  #staging: string | undefined
  /** Where files that are staged one by one can be read under their own names. */
  #reading: string | undefined
  #started: Promise<void> | undefined
  /** Folders that were made for this save, outer ones first. */
  readonly #made: string[] = []
  #files = new Map<string, Entry>()
  readonly #removed: string[] = []
  #finish = (): void => {}

  constructor(root: string, name: string) {
    this.#root = root
    this.name = name
  }

  async create(path: string): Promise<SinkFile> {
    const inner = innerPath(path)
    if (this.#files.has(inner))
      throw new DamsonError('path', `Expected each file once, got ${inner} again.`, { details: { path } })
    const target = join(this.#root, inner)
    try {
      await (this.#started ??= this.#start())
      await this.#makeFolder(dirname(this.#staging ? join(this.#staging, inner) : target))
      const { temporary, handle } = this.#staging
        ? await openNew(join(this.#staging, inner))
        : await unused(target, openNew)
      const file = new PathFile(inner, target, temporary, handle, size => this.#room(size, target))
      this.#files.set(inner, { file, target })
      return file
    } catch (error) {
      throw diskError(target, undefined, error)
    }
  }

  async staged(): Promise<SourceFolder> {
    for (const { file } of this.#files.values()) await file.close()
    return pathFolder(this.#staging ?? (this.#reading ??= await this.#linked()))
  }

  async remove(path: string): Promise<void> {
    this.#removed.push(join(this.#root, innerPath(path)))
  }

  async commit(): Promise<void> {
    try {
      if (this.#reading) await rm(this.#reading, { recursive: true, force: true })
      for (const { file } of this.#files.values()) await file.close()
      if (!this.#staging || !(await this.#moveFolder(this.#staging)))
        for (const { file, target } of this.#files.values()) {
          await mkdir(dirname(target), { recursive: true })
          await rename(file.temporary, target)
        }
      if (this.#staging) await rm(this.#staging, { recursive: true, force: true })
      for (const path of this.#removed) await rm(path, { force: true })
      this.#end()
    } catch (error) {
      await this.abort()
      throw diskError(this.#root, undefined, error)
    }
  }

  async abort(): Promise<void> {
    for (const { file } of this.#files.values()) await file.close().catch(() => {})
    this.#remove()
    this.#end()
  }

  async #start(): Promise<void> {
    this.#finish = removeIfEnded(() => this.#remove())
    if (await isThere(this.#root)) return
    await this.#makeFolder(dirname(this.#root))
    this.#staging = await unused(this.#root, async path => {
      await mkdir(path)
      return path
    })
  }

  /** A hidden folder beside the targets in which the files have their own names: models name their neighbours. */
  async #linked(): Promise<string> {
    const folder = await unused(join(this.#root, 'written'), async path => {
      await mkdir(path)
      return path
    })
    this.#reading = folder
    for (const [inner, { file }] of this.#files) {
      const name = join(folder, inner)
      await mkdir(dirname(name), { recursive: true })
      // Not every file system has links.
      await link(file.temporary, name).catch(() => copyFile(file.temporary, name))
    }
    return folder
  }

  /** True when the folder could take its place as one. */
  async #moveFolder(staging: string): Promise<boolean> {
    try {
      await rename(staging, this.#root)
      return true
    } catch (error) {
      // Somebody made the folder in the meantime: put the files into it one by one.
      if (await isThere(this.#root)) return false
      throw error
    }
  }

  /** Throws `disk` unless there is room for `size` bytes more, beside what open files still have to write. */
  async #room(size: number, target: string): Promise<void> {
    const { bavail, bsize } = await statfs(this.#staging ?? this.#root)
    const promised = [...this.#files.values()].reduce((sum, { file }) => sum + file.outstanding, 0)
    const free = bavail * bsize - promised
    if (size <= free) return
    throw new DamsonError(
      'disk',
      `${target}: expected room for ${size} bytes, but the disk has ${Math.max(free, 0)} left. Free some space or save elsewhere.`,
      { details: { file: target, bytes: size, free } },
    )
  }

  #remove(): void {
    for (const { file } of this.#files.values()) rmSync(file.temporary, { force: true })
    for (const folder of [this.#staging, this.#reading])
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    for (const folder of this.#made.toReversed()) removeEmpty(folder)
  }

  async #makeFolder(path: string): Promise<void> {
    const first = await mkdir(path, { recursive: true })
    if (first === undefined) return
    const made = [path]
    for (let folder = path; folder !== first; folder = dirname(folder)) made.unshift(dirname(folder))
    this.#made.push(...made)
  }

  #end(): void {
    this.#files = new Map()
    this.#started = undefined
    this.#staging = undefined
    this.#reading = undefined
    this.#made.length = 0
    this.#removed.length = 0
    this.#finish()
  }
}

/**
 * Makes something under a hidden name beside the target. A name that is taken is passed over: it may hold what another
 * process with the same number left when it was killed.
 */
async function unused<T>(target: string, make: (path: string) => Promise<T>): Promise<T> {
  for (;;) {
    const path = join(dirname(target), `.${basename(target)}.${freshIdentity(`damson-${process.pid}`)}`)
    try {
      return await make(path)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
  }
}

async function openNew(temporary: string): Promise<{ temporary: string; handle: FileHandle }> {
  return { temporary, handle: await open(temporary, 'wx+') }
}

/** Somebody else may have put something into it, or taken it away. */
function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    return
  }
}

async function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/**
 * A folder to save into. A new one appears as a whole at `commit`; in one that is there, each file replaces its
 * predecessor at `commit`, and all others stay. Errors have the code `disk`.
 */
export function folderSink(path: string): Sink {
  return new PathSink(resolve(path), path)
}

/** The place of a model file: files created in it stand beside each other in the file's folder. Errors have the code `disk`. */
export function fileSink(path: string): Sink {
  return new PathSink(dirname(resolve(path)), path)
}
