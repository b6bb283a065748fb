export { families, readWorkspace, report, root, workspaceOf } from './workspace.ts'
export { houseRules } from './house-rules.ts'
export type { Rule, Source, TextFile, Violation, Workspace } from './workspace.ts'
