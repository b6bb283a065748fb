// The large modules of a part as globs, for suggestions: `/down_blocks*` rather than fifty node names. Modules are read
// from node names as exporters write them (`/down_blocks.0/resnets.0/conv1/Conv`) or from the metadata of dynamo exports.
import { namesOf } from './place.ts'
import type { SiteIndex } from './site-index.ts'

/** Globs of module groups that hold some but not all nodes of a part, the largest first. */
export function modulesIn(index: SiteIndex): readonly string[] {
  const paths = index.nodes.flatMap(
    ({ node, scope }) => namesOf(node, scope.path).find(name => name.startsWith('/')) ?? [],
  )
  const split = paths.map(path => path.split('/').slice(1, -1))
  const depth = sharedDepth(split)
  const prefix = (split[0] ?? []).slice(0, depth).map(segment => `/${segment}`).join('') // prettier-ignore
  const stems = split.flatMap(segments => (segments[depth] === undefined ? [] : [stem(segments[depth])]))
  const counts = new Map<string, number>()
  for (const each of stems) counts.set(each, (counts.get(each) ?? 0) + 1)
  return [...counts]
    .filter(([, count]) => count > 1 && count < index.nodes.length)
    .sort(([, a], [, b]) => b - a)
    .map(([name]) => `${prefix}/${name}*`)
}

/** How many leading segments all module paths have in common. */
function sharedDepth(paths: readonly (readonly string[])[]): number {
  const deep = paths.filter(path => path.length > 0)
  const first = deep[0] ?? []
  const differs = first.findIndex((segment, at) => deep.some(path => path[at] !== segment))
  return differs < 0 ? first.length : differs
}

/** `down_blocks.0` and `down_blocks.1` are of one kind. */
function stem(segment: string): string {
  return segment.replace(/[._]?\d+$/, '')
}
