// The choice of a token against the meaning that transformers gives each setting, on scores small enough to see.
import { expect, test } from 'vitest'
import { nextToken, type TokenChoice } from './next-token.ts'

const plain: TokenChoice = { temperature: 1, topK: 0, topP: 1, repetitionPenalty: 1 }

/** Shares of the tokens, by 2,000 evenly spaced numbers in the place of random ones. */
function shares(
  probabilities: readonly number[],
  choice: Partial<TokenChoice>,
  banned: readonly number[] = [],
): readonly number[] {
  const logits = Float32Array.from(probabilities, Math.log)
  const counts = probabilities.map(() => 0)
  for (let i = 0; i < 2000; i++) {
    const token = nextToken(logits, { ...plain, ...choice }, { seen: [], banned, random: (i + 0.5) / 2000 })
    counts[token] = (counts[token] ?? 0) + 1
  }
  return counts.map(count => Math.round(count / 20) / 100)
}

const four = [0.1, 0.5, 0.15, 0.25]

test.each([
  [{}, [0.1, 0.5, 0.15, 0.25]],
  [{ temperature: 0 }, [0, 1, 0, 0]],
  // p² over their sum.
  [{ temperature: 0.5 }, [0.03, 0.72, 0.07, 0.18]],
  [{ topK: 2 }, [0, 0.67, 0, 0.33]],
  [{ topK: 9 }, [0.1, 0.5, 0.15, 0.25]],
  // 0.5 is less than 0.6, so the next one stays too; with 0.5 it does not.
  [{ topP: 0.6 }, [0, 0.67, 0, 0.33]],
  [{ topP: 0.49 }, [0, 1, 0, 0]],
  [{ topP: 0.76 }, [0, 0.56, 0.17, 0.28]],
  // Of the best two, the first has 0.67.
  [{ topK: 2, topP: 0.66 }, [0, 1, 0, 0]],
  [{ topK: 2, topP: 0.7 }, [0, 0.67, 0, 0.33]],
] as const)('%j', (choice, expected) => {
  expect(shares(four, choice)).toEqual(expected)
})

test('tokens of equal score stay together', () => {
  expect(shares([0.2, 0.3, 0.3, 0.2], { topK: 1 })).toEqual([0, 0.5, 0.5, 0])
})

test('banned tokens do not come', () => {
  expect(shares(four, {}, [1])).toEqual([0.2, 0, 0.3, 0.5])
  expect(shares(four, { temperature: 0 }, [1])).toEqual([0, 0, 0, 1])
})

test('the penalty divides what is above zero and multiplies what is below', () => {
  const draw = (seen: readonly number[], logits: readonly number[]): number =>
    nextToken(
      Float32Array.from(logits),
      { ...plain, temperature: 0, repetitionPenalty: 2 },
      { seen, banned: [], random: 0.5 },
    )
  expect(draw([], [3, 2, -1])).toBe(0)
  // 3 / 2 < 2
  expect(draw([0, 0], [3, 2, -1])).toBe(1)
  // −1 · 2 < −1.5
  expect(draw([0], [-1, -1.5, -4])).toBe(1)
})

test('scores are not changed', () => {
  const logits = Float32Array.of(1, 2, 3)
  nextToken(
    logits,
    { ...plain, temperature: 0.5, repetitionPenalty: 2 },
    { seen: [2], banned: [1], random: 0.5 },
  )
  expect([...logits]).toEqual([1, 2, 3])
})
