/** Declarations that name the modules beside them as they are published: `./x.ts` is `./x.js` there. */
export function namingModules(declarations: string): string {
  return declarations.replace(/(["'])(\.{1,2}\/[^"'\n]+)\.ts\1/g, '$1$2.js$1')
}
