// What happens while something long runs, as data for `onEvent`. Libraries never print; the command line does.

export type SmashEvent =
  /** `step` is the id of a step; `index` counts from 0. */
  | { readonly type: 'step-start'; readonly step: string; readonly index: number; readonly count: number }
  | { readonly type: 'progress'; readonly step: string; readonly done: number; readonly total: number }
  | { readonly type: 'step-end'; readonly step: string; readonly index: number; readonly count: number }
  | {
      readonly type: 'warning'
      readonly step: string
      readonly code: string
      readonly message: string
      readonly details?: Readonly<Record<string, unknown>>
    }

export type OnEvent = (event: SmashEvent) => void
