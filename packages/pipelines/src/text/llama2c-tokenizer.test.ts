// Ids against the algorithm of llama2.c itself: characters, then bytes, then the best-scored merge until there is none.
import { readFile } from 'node:fs/promises'
import { zooTest } from '@damson/zoo/vitest'
import { expect, test } from 'vitest'
import { llama2cTokenizer } from './llama2c-tokenizer.ts'

/** `encode` of llama2.c's run.c, with a begin token. */
function encodeNaively(bytes: Uint8Array, text: string): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const pieces: { text: string; score: number }[] = []
  for (let at = 4; at < bytes.length; at += 8 + view.getInt32(at + 4, true)) {
    const length = view.getInt32(at + 4, true)
    pieces.push({
      text: new TextDecoder('latin1').decode(bytes.subarray(at + 8, at + 8 + length)),
      score: view.getFloat32(at, true),
    })
  }
  const latin = (part: string): string => new TextDecoder('latin1').decode(new TextEncoder().encode(part))
  const find = (part: string): number => pieces.findIndex(piece => piece.text === part)
  let ids = [...(text === '' ? '' : ` ${text}`)].flatMap(character => {
    const id = find(latin(character))
    return id >= 0 ? [id] : [...new TextEncoder().encode(character)].map(byte => byte + 3)
  })
  for (;;) {
    let [best, at, merged] = [-1e10, -1, -1]
    for (let i = 0; i + 1 < ids.length; i++) {
      const id = find((pieces[ids[i] ?? 0]?.text ?? '') + (pieces[ids[i + 1] ?? 0]?.text ?? ''))
      const score = pieces[id]?.score ?? -Infinity
      if (score > best) [best, at, merged] = [score, i, id]
    }
    if (at < 0) return [1, ...ids]
    ids = [...ids.slice(0, at), merged, ...ids.slice(at + 2)]
  }
}

zooTest('models/tok512.bin', 'gives the ids of llama2.c, and the text back', async file => {
  const bytes = new Uint8Array(await readFile(file))
  const tokenizer = llama2cTokenizer(bytes)
  const texts = [
    '',
    'Once upon a time',
    'Tom said: "Hello!"\nThen he left.',
    'a  b   c',
    'café 🍮 №5',
    'princess butterfly ™',
  ]
  for (const text of texts) {
    expect(tokenizer.encode(text)).toEqual(encodeNaively(bytes, text))
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text)
  }
  expect([tokenizer.idOf('<s>'), tokenizer.idOf('</s>'), tokenizer.pad]).toEqual([1, 2, undefined])
})

test('a file that is cut off is an error', () => {
  expect(() => llama2cTokenizer(Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 60))).toThrow(
    /end of the file/,
  )
})
