import { describe, expect, test } from 'vitest'
import { houseRules } from './house-rules.ts'
import { readWorkspace, report } from './workspace.ts'

describe('the house rules hold in this repository', () => {
  const workspace = readWorkspace()

  test('there is something to check', () => {
    expect(workspace.sources.filter(source => source.library).length).toBeGreaterThan(20)
  })

  for (const [title, rule] of Object.entries(houseRules)) {
    test(title, () => {
      expect(report(rule(workspace))).toBe('')
    })
  }
})
