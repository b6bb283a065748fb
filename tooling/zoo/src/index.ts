export { zooCatalogue, zooFile, zooFolder, zooModels, requireZoo } from './zoo.ts'
export type { ZooEntry, ZooModel } from './zoo.ts'
