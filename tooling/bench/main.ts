// Every benchmark, one after the other: pnpm bench
import './numerics.ts'
import './quantize-big.ts'
