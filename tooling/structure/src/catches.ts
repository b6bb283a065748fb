// How the tests of rules are written: a title, the rule, a workspace of texts, and where the breaches are.
import { expect, test } from 'vitest'
import { report, workspaceOf, type Rule } from './workspace.ts'

export type Texts = Readonly<Record<string, string>>

/** The rule reports exactly these places, in order. */
export function catches(title: string, rule: Rule, texts: Texts, ...places: readonly string[]): void {
  test(`catches ${title}`, () => {
    const found = report(rule(workspaceOf(texts))).split('\n')
    expect(found.length).toBe(places.length)
    places.forEach((place, index) => expect(found[index]).toContain(place))
  })
}

/** The rule reports nothing. */
export function passes(title: string, rule: Rule, texts: Texts): void {
  test(`passes ${title}`, () => expect(report(rule(workspaceOf(texts)))).toBe(''))
}
