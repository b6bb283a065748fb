export { budgetProblems, gzippedBytes, readBudgets } from './budgets.ts'
export { packInto, pnpm, publicPackages, root } from './packages.ts'
export type { Entry, Package, Tarball } from './packages.ts'
export { attwProblems, publintProblems } from './publishing.ts'
