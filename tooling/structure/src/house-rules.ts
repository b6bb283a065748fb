// The rules that a machine can check, in the order they are reported.
import { readFileSync } from 'node:fs'
import { algorithmIds, algorithmPages, algorithmTests, oneAlgorithm } from './rules/algorithms.ts'
import { fileHeader, fileLength, functionLength } from './rules/budgets.ts'
import { catalogVersions, distTests, manifests, readmes } from './rules/manifests.ts'
import {
  algorithmExports,
  extensions,
  fileCycles,
  indexFiles,
  layers,
  packageCycles,
} from './rules/modules.ts'
import { fileNames, kebabCase } from './rules/names.ts'
import { ambient, importEffects, nodeImports } from './rules/purity.ts'
import { traces } from './rules/traces.ts'
import { casts, exportedAny, plainExports, returnTypes } from './rules/types.ts'
import type { Rule } from './workspace.ts'

const allowedCasts = JSON.parse(readFileSync(new URL('../allowed-casts.json', import.meta.url), 'utf8'))

export const houseRules: Readonly<Record<string, Rule>> = {
  'one algorithm a file': oneAlgorithm,
  'ids are import paths': algorithmIds,
  'every algorithm has a conformance test': algorithmTests,
  'every algorithm has a page': algorithmPages,
  'families re-export their algorithms': algorithmExports,
  'files are short': fileLength,
  'functions are short': functionLength,
  'files open with why they exist': fileHeader,
  'index files only re-export': indexFiles,
  'dependencies point one way': layers,
  'files have no import cycles': fileCycles,
  'packages have no cycles': packageCycles,
  'imports have extensions': extensions,
  'no casts outside readers': casts(allowedCasts),
  'named exports, no enums': plainExports,
  'no any in exported types': exportedAny,
  'exported functions have written types': returnTypes,
  'only *.node.ts imports node:*': nodeImports,
  'no console, clock, environment or randomness': ambient,
  'no side effects at import': importEffects,
  'file names say the idea': fileNames,
  'names are in kebab-case': kebabCase,
  'packages are published the same way': manifests,
  'packages have a README': readmes,
  'process-level tests run in test:dist': distTests,
  'every version stands once': catalogVersions,
  'nothing knows this machine': traces,
}
