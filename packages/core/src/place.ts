// Where a step works: globs over node names, weight names, module paths and `op:Type`. `*` stands for any text, slashes
// included, `?` for one character. A node or weight that was merged from several matches only if all its origins do; a
// weight with several users, unless it is named itself, only if all of them do. In between is a partial match.
import { nodeIdentity, type Node } from '@damson/graph'
import type { Place, Site, Step } from './algorithm.ts'
import { Patterns } from './patterns.ts'

export type Match = 'yes' | 'no' | 'partial'

/** Decides sites for one place. Parts are not its business. */
export class PlaceMatcher {
  readonly #patterns: readonly string[]
  readonly #include: Wanted | undefined
  readonly #exclude: Wanted | undefined
  readonly #hit = new Set<string>()

  constructor({ include = [], exclude = [] }: Place) {
    this.#patterns = [...include, ...exclude]
    this.#include = wantedOf(include)
    this.#exclude = wantedOf(exclude)
  }

  /** True when it leaves anything out. */
  get restricts(): boolean {
    return this.#patterns.length > 0
  }

  /** Patterns that no site asked about so far has matched, not even partly. */
  unmatched(): readonly string[] {
    return this.#patterns.filter(each => !this.#hit.has(each))
  }

  match(site: Site): Match {
    if (!this.restricts) return 'yes'
    const included = this.#include ? this.#any(this.#include, site) : 'yes'
    const excluded = this.#exclude ? this.#any(this.#exclude, site) : 'no'
    if (included === 'no' || excluded === 'yes') return 'no'
    return included === 'partial' || excluded === 'partial' ? 'partial' : 'yes'
  }

  #any(wanted: Wanted, site: Site): Match {
    if ('part' in site) return 'partial'
    return 'node' in site ? this.#node(wanted, site.node, site.path) : this.#weight(wanted, site)
  }

  #node({ ops, names }: Wanted, node: Node, path = ''): Match {
    const byOp = this.#hits(
      ops,
      [node.op, `${node.domain === '' ? 'ai.onnx' : node.domain}.${node.op}`],
      'op:',
    )
    if (byOp) return 'yes'
    if (node.origins.length <= 1)
      return this.#hits(names, [...namesOf(node, path), ...node.origins]) ? 'yes' : 'no'
    // Its other names are met by this too.
    if (names.has(node.name)) return this.#hits(names, [node.name, ...node.origins]) ? 'yes' : 'no'
    return share(node.origins, origin => (this.#hits(names, [origin]) ? 'yes' : 'no'))
  }

  #weight(wanted: Wanted, { weight }: Extract<Site, { readonly weight: unknown }>): Match {
    const { names } = wanted
    const one = weight.origins.length <= 1
    if (this.#hits(names, [weight.name, weight.id, ...(one ? weight.origins : [])])) return 'yes'
    const byOrigin = one
      ? 'no'
      : share(weight.origins, origin => (this.#hits(names, [origin]) ? 'yes' : 'no'))
    if (byOrigin === 'yes') return 'yes'
    const byUse = share(weight.uses, use => this.#node(wanted, use.node, use.scope.path))
    return byUse === 'no' ? byOrigin : byUse
  }

  #hits(patterns: Patterns, names: readonly string[], prefix = ''): boolean {
    const found = patterns.matching(names)
    for (const pattern of found) this.#hit.add(`${prefix}${pattern}`)
    return found.length > 0
  }
}

/** The patterns of a place: those for operators, without their `op:`, and those for names. */
interface Wanted {
  readonly ops: Patterns
  readonly names: Patterns
}

function wantedOf(patterns: readonly string[]): Wanted | undefined {
  if (patterns.length === 0) return undefined
  const isOp = (pattern: string): boolean => pattern.startsWith('op:')
  return {
    ops: new Patterns(patterns.filter(isOp).map(pattern => pattern.slice(3))),
    names: new Patterns(patterns.filter(pattern => !isOp(pattern))),
  }
}

function share<T>(items: readonly T[], test: (item: T) => Match): Match {
  const matches = items.map(test)
  if (matches.length > 0 && matches.every(match => match === 'yes')) return 'yes'
  return matches.some(match => match !== 'no') ? 'partial' : 'no'
}

/** Every name that a node answers to: its own, the one behind the path of its body, and its module path, dotted and not. */
export function namesOf(node: Node, path = ''): readonly string[] {
  const name = nodeIdentity(node)
  const modules = modulesOf(node)
  const slashed = modules.length === 0 ? [] : [`/${modules.join('/')}/${node.op}`]
  const dotted = modules.length > 0 ? modules : name.split('/').slice(1, -1)
  return [
    name,
    ...(path === '' ? [] : [`${path}/${name}`]),
    ...slashed,
    ...(dotted.length === 0 ? [] : [dotted.join('.')]),
  ]
}

/** The module path of a node, outermost first: from the metadata of dynamo exports (`pkg.torch.onnx.name_scopes`). */
function modulesOf(node: Node): readonly string[] {
  const scopes = node.metadata?.get('pkg.torch.onnx.name_scopes')
  const listed = scopes === undefined ? [] : [...scopes.matchAll(/'([^']*)'/g)].map(match => match[1] ?? '')
  const space = node.metadata?.get('namespace')
  const spaced =
    space === undefined ? [] : [...space.matchAll(/(?:^|\/)([^/:]*): /g)].map(match => match[1] ?? '')
  // The last entry is the call itself; each one before repeats the path of the one before it.
  const paths = (listed.length > 0 ? listed : spaced).slice(0, -1)
  return paths.flatMap((path, at) => {
    const outer = paths[at - 1] ?? ''
    const own = outer !== '' && path.startsWith(`${outer}.`) ? path.slice(outer.length + 1) : path
    return own === '' ? [] : [own]
  })
}

/** True for a step placed on what the others leave. */
export function wantsRest(step: Step): boolean {
  return step.on === 'rest' || step.on?.rest === true
}

/** The place of a step as a record: `'rest'` and no place at all have no globs. */
export function placeOf(step: Step): Place {
  return step.on === 'rest' ? { rest: true } : (step.on ?? {})
}
