// The public API of @damson/cachers. Written by `pnpm api --update`; a change here is a change for users.

// @damson/cachers
export { explain } // of another package
export { load } // of another package
export const periodicCache: Defined<{
    interval: Param<number>;
    start: Param<number>;
}, undefined>;
export { plan } // of another package
export { save } // of another package
export { smash } // of another package

// @damson/cachers/periodic-cache
export const periodicCache: Defined<{
    interval: Param<number>;
    start: Param<number>;
}, undefined>;
