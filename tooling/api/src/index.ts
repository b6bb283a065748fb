export { apiProblems, updateApi } from './committed.ts'
export { apiSnapshot } from './snapshot.ts'
