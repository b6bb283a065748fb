// Facts are what holds at a site and what algorithms rely on. They live in one table, so that N algorithms need N
// declarations; third parties add `x:<package>/<name>` with a probe of their own.

export type KnownFact =
  | 'weight:float' | 'weight:float32' | 'weight:coded' | 'weight:dense' | 'op:plain' | 'run:always'
  | 'loop:denoise' | 'loop:decode' | 'shape:static' | 'io:source' | 'graph:open' // prettier-ignore

export type Fact = KnownFact | `x:${string}/${string}`
