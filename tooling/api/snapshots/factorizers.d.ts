// The public API of @damson/factorizers. Written by `pnpm api --update`; a change here is a change for users.

// @damson/factorizers
export { explain } // of another package
export const fuseQkv: Defined<{
    scope: Param<"all" | "attention">;
}, undefined>;
export { load } // of another package
export { plan } // of another package
export { save } // of another package
export { smash } // of another package

// @damson/factorizers/fuse-qkv
export const fuseQkv: Defined<{
    scope: Param<"all" | "attention">;
}, undefined>;
