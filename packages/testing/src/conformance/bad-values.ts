// Values that a parameter must refuse, and other values that it must take, both read off its domain.
import type { Domain, Param } from '@damson/core'

/** Values outside a domain, one of each kind of mistake. */
export function badValues({ domain, or = [] }: Param<unknown>): readonly unknown[] {
  const words = ['no such word', ''].filter(word => !or.includes(word))
  const ofKind: Record<Domain['kind'], (domain: Domain) => readonly unknown[]> = {
    int: d => (d.kind === 'int' ? [d.min - 1, d.max + 1, d.min + 0.5, Number.NaN, ...words, true] : []),
    real: d =>
      d.kind === 'real'
        ? [d.min - 1, d.max + 1, Number.NaN, ...words].filter(
            value => !Object.is(value, -Infinity) && !Object.is(value, Infinity),
          )
        : [],
    'one-of': () => [...words, 12345.678, null, true],
    flag: () => [...words, 1, null],
    text: () => [5, null, true],
    list: () => [5, 'x', null, [{}]],
    pair: () => [5, [1], [1, 2, 3], null],
    record: () => [5, [1], null],
    quantity: () => [{ value: 1, unit: 'parsecs' }, { value: Number.NaN }, ...words],
  }
  return ofKind[domain.kind](domain)
}

/** Values of a domain other than the default: the ends of a range, every option. */
export function otherValues({ domain, default: given, or = [] }: Param<unknown>): readonly unknown[] {
  const same = (value: unknown): boolean => JSON.stringify(value) === JSON.stringify(given)
  return [...valuesOf(domain), ...or].filter(value => !same(value))
}

function valuesOf(domain: Domain): readonly unknown[] {
  switch (domain.kind) {
    case 'int':
    case 'real': {
      const [low, high] = [Math.max(domain.min, -1e6), Math.min(domain.max, 1e6)]
      const middle = (low + high) / 2
      return [low, high, domain.kind === 'int' ? Math.floor(middle) : middle, Math.min(low + 1, high)]
    }
    case 'one-of':
      return domain.options
    case 'flag':
      return [true, false]
    case 'pair':
      return valuesOf(domain.of).flatMap(a => valuesOf(domain.of).map(b => [a, b]))
    case 'list':
      return [[], ...valuesOf(domain.of).map(value => [value])]
    case 'quantity':
      return domain.units.flatMap(unit => [1, 4, 30].map(value => ({ value, unit })))
    default:
      return []
  }
}
