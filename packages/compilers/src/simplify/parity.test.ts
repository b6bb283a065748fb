// docs/compilers/parity.md names our rules beside the passes of other tools: each name there is a rule or a set that exists.
import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { fusionNames } from '../fuse/fusions.ts'
import { ruleSetNames, rulesIn } from './rule-sets.ts'

test('every rule that the page names exists', async () => {
  const page = await readFile(new URL('../../../../docs/compilers/parity.md', import.meta.url), 'utf8')
  const rows = page.split('\n').filter(line => line.startsWith('| ') && !line.startsWith('| pass'))
  const named = rows.flatMap(row => [...(row.split('|')[2] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)) // prettier-ignore
  const rules = rulesIn(new Set(ruleSetNames)).map(rule => rule.name)
  const known = new Set<string>([...rules, ...ruleSetNames, ...fusionNames])
  expect(named.filter(name => !known.has(name))).toEqual([])
  expect(named.length).toBeGreaterThan(60)
  // A pass without a rule has a reason.
  const bare = rows.filter(row => row.split('|')[2]?.trim() === '–' && row.split('|')[3]?.trim() === '')
  expect(bare).toEqual([])
})
