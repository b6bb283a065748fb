export { writeDeclarations } from './write-declarations.ts'
export { namingModules } from './naming-modules.ts'
