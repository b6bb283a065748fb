// The names of an algorithm: file, id, export, page and test share one stem.
import { families } from '@damson/structure'

export interface Names {
  /** `quantizers` */
  readonly family: string
  /** `my-rounding`: file, page, last part of the id. */
  readonly stem: string
  /** `myRounding`: what users import. */
  readonly exported: string
  /** `@damson/quantizers/my-rounding`: id and import path. */
  readonly id: string
  /** `My rounding` */
  readonly title: string
}

/** The names of a new algorithm; throws for a family or a stem that the house rules do not know. */
export function namesOf(family: string, stem: string): Names {
  if (!families.includes(family)) {
    throw new Error(`expected a family (${families.join(', ')}), got "${family}"`)
  }
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(stem)) {
    throw new Error(`expected the name of an algorithm in kebab-case, like my-rounding, got "${stem}"`)
  }
  const exported = stem.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
  const title = stem.replaceAll('-', ' ').replace(/^./, letter => letter.toUpperCase())
  return { family, stem, exported, id: `@damson/${family}/${stem}`, title }
}
