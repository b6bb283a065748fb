// The size of a model: the bytes of the files of its parts.
import type { Model } from '@damson/core'

export function partBytes({ parts }: Model): number {
  const files = [...parts.values()].flatMap(({ file }) => [...(file?.files.values() ?? [])])
  return files.reduce((sum, { size }) => sum + size, 0)
}
