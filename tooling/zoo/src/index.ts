export { zooCatalogue, zooFile, zooModels, requireZoo } from './zoo.ts'
export type { ZooEntry, ZooModel } from './zoo.ts'
