// Which pictures a terminal can show, as far as its environment tells.

/** What a terminal can show. */
export type Graphics = 'kitty' | 'iterm2' | 'blocks' | 'none'

/** Which graphics a terminal has, from its environment. */
export function graphicsOf(environment: Readonly<Record<string, string | undefined>>): Graphics {
  const { TERM = '', TERM_PROGRAM = '', COLORTERM = '' } = environment
  if (environment['CI'] || environment['NO_COLOR'] || TERM === 'dumb') return 'none'
  const colors = /^(truecolor|24bit)$/.test(COLORTERM) ? 'blocks' : 'none'
  // Inside a multiplexer the protocols of the terminal around it do not arrive.
  if (environment['TMUX'] || /^(screen|tmux)/.test(TERM)) return colors
  if (environment['KITTY_WINDOW_ID'] || TERM === 'xterm-kitty' || TERM === 'xterm-ghostty') return 'kitty'
  if (TERM_PROGRAM === 'iTerm.app' || TERM_PROGRAM === 'WezTerm') return 'iterm2'
  return colors
}
