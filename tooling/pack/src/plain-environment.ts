// The environment of somebody who types a command: nothing of the test runner that started us, and nothing that an outer
// pnpm tells the scripts it runs (it switches the check of dependencies off for them).

/** The environment without ours. */
export function plainEnvironment(): NodeJS.ProcessEnv {
  const ours =
    /^(VITEST|NODE_OPTIONS|DAMSON_|VITE_|TEST$|MODE$|DEV$|PROD$|SSR$|npm_|PNPM_|pnpm_|INIT_CWD$|TURBO_)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)))
}
