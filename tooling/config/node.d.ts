/** True in `test:dist`: packages resolve to their build. */
export declare const built: boolean

/** The arguments for `node` before the script: `spawn(process.execPath, [...nodeArguments(), script])`. */
export declare function nodeArguments(): string[]

/** The path of a module of a package: `modulePath(import.meta.url, '../src/main.ts')` is `…/src/main.ts`, or `…/dist/main.js` in `test:dist`. */
export declare function modulePath(from: string | URL, path: string): string
