// What options of the command take, and those that several subcommands share.
import { InvalidArgumentError, type Command } from 'commander'

/** Values of an option that may be given several times. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [
  ...before,
  value,
]

export function wholeNumber(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 0) return value
  throw new InvalidArgumentError('Expected a whole number.')
}

/** `name=size`, several times. */
export function dimension(
  text: string,
  before: Readonly<Record<string, number>> = {},
): Readonly<Record<string, number>> {
  const [name, size] = text.split('=')
  if (name === undefined || size === undefined || !/^\d+$/.test(size))
    throw new InvalidArgumentError('Expected name=size.')
  return { ...before, [name]: Number(size) }
}

export interface PictureFlags {
  /** Nothing is drawn without any. */
  readonly prompt?: readonly string[]
  readonly steps?: number
  readonly guidance?: number
  /** The file that the grid is written to. */
  readonly pictures?: string
}

/** Pictures of both models side by side. */
export function withPictures(command: Command): Command {
  return command
    .option('--prompt <text>', 'draw it with both models and compare the pictures, repeatable', collect)
    .option('--steps <number>', 'steps of a picture', wholeNumber)
    .option('--guidance <scale>', 'scale of classifier-free guidance', number)
    .option('--pictures <file>', 'write the pictures side by side, as PNG')
}

export function number(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new InvalidArgumentError('Expected a number.')
}
