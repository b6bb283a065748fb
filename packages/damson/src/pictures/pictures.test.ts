import type { Picture } from '@damson/pipelines'
import { expect, test } from 'vitest'
import { gridOf } from './grid.ts'
import { graphicsOf } from './graphics.ts'
import { terminalPicture } from './terminal-picture.ts'

const plain = (r: number, g: number, b: number, size = 2): Picture => ({
  ...{ width: size, height: size, channels: 3 },
  data: Uint8Array.from({ length: size * size * 3 }, (_, i) => [r, g, b][i % 3] ?? 0),
})
const pixel = ({ width, data }: Picture, x: number, y: number): readonly number[] => [
  ...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3),
]

test('a grid has the original on the left of each pair, enlarged by whole numbers, on white', () => {
  const pairs = [1, 2, 3].map(n => ({ before: plain(n, 0, 0), after: plain(0, n, 0) }))
  const grid = gridOf(pairs, { columns: 2, least: 5 })
  // Pictures of 4 pixels, 2 between, 12 around.
  expect([grid.width, grid.height]).toEqual([12 + 2 * (10 + 12), 12 + 2 * (4 + 12)])
  expect(pixel(grid, 0, 0)).toEqual([255, 255, 255])
  expect(pixel(grid, 12, 12)).toEqual([1, 0, 0])
  expect(pixel(grid, 15, 15)).toEqual([1, 0, 0])
  expect(pixel(grid, 16, 12)).toEqual([255, 255, 255])
  expect(pixel(grid, 18, 12)).toEqual([0, 1, 0])
  expect(pixel(grid, 34, 12)).toEqual([2, 0, 0])
  expect(pixel(grid, 12, 28)).toEqual([3, 0, 0])
  expect(pixel(grid, 34, 28)).toEqual([255, 255, 255])
})

test('a grid of one pair, of grey and of transparent pictures', () => {
  const grey: Picture = { width: 2, height: 2, channels: 1, data: Uint8Array.of(7, 7, 7, 7) }
  const clear: Picture = { width: 1, height: 1, channels: 4, data: Uint8Array.of(1, 2, 3, 4) }
  const grid = gridOf([{ before: grey, after: clear }], { least: 1 })
  expect(pixel(grid, 12, 12)).toEqual([7, 7, 7])
  expect(pixel(grid, 16, 13)).toEqual([1, 2, 3])
})

test('a terminal says what it can show; nothing where nobody looks', () => {
  expect(graphicsOf({ TERM: 'xterm-kitty' })).toBe('kitty')
  expect(graphicsOf({ TERM: 'xterm-256color', TERM_PROGRAM: 'iTerm.app' })).toBe('iterm2')
  expect(graphicsOf({ TERM: 'xterm-256color', COLORTERM: 'truecolor' })).toBe('blocks')
  expect(graphicsOf({ TERM: 'tmux-256color', KITTY_WINDOW_ID: '1', COLORTERM: 'truecolor' })).toBe('blocks')
  expect(graphicsOf({ TERM: 'xterm-256color' })).toBe('none')
  expect(graphicsOf({ TERM: 'xterm-kitty', CI: 'true' })).toBe('none')
  expect(graphicsOf({ TERM: 'xterm-kitty', NO_COLOR: '1' })).toBe('none')
})

test('pictures in the text of each protocol', () => {
  const halves: Picture = { width: 1, height: 2, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) }
  expect(terminalPicture(halves, Uint8Array.of(), 'blocks', 80)).toBe(
    '\u001b[38;2;1;2;3;48;2;4;5;6m▀\u001b[0m',
  )
  const wide = terminalPicture(plain(9, 9, 9, 64), Uint8Array.of(), 'blocks', 10)
  expect(wide.split('\n')).toHaveLength(5)
  expect(wide.split('▀')).toHaveLength(5 * 10 + 1)
  expect(terminalPicture(halves, Uint8Array.of(1, 2, 3), 'iterm2', 80)).toBe(
    '\u001b]1337;File=inline=1;size=3:AQID\u0007',
  )
  const long = terminalPicture(halves, new Uint8Array(4000), 'kitty', 80)
  const [first, ...rest] = long.split('\u001b_G').slice(1)
  expect(first).toBe(`a=T,f=100,m=1;${'A'.repeat(4096)}\u001b\\`)
  // 4,000 bytes are 5,336 characters, the last two of them filling up.
  expect(rest).toEqual([`m=0;${'A'.repeat(1238)}==\u001b\\`])
})
