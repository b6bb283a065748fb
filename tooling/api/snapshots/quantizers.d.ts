// The public API of @damson/quantizers. Written by `pnpm api --update`; a change here is a change for users.

// @damson/quantizers
export const dynamicInt8: _damson_core.Defined<{
    weights: _damson_core.Param<"auto" | "int8" | "uint8">;
    per: _damson_core.Param<"channel" | "tensor">;
    reduceRange: _damson_core.Param<boolean>;
    ops: _damson_core.Param<"auto" | readonly ("Conv" | "Gather" | "Gemm" | "MatMul")[]>;
}, undefined>;
export { explain } // of another package
export { load } // of another package
export { plan } // of another package
export { save } // of another package
export { smash } // of another package
export const weightOnly: _damson_core.Defined<{
    bits: _damson_core.Param<2 | 4 | 8>;
    blockSize: _damson_core.Param<16 | 32 | 64 | 128 | 256>;
    symmetric: _damson_core.Param<boolean>;
    embeddings: _damson_core.Param<boolean>;
    accuracyLevel: _damson_core.Param<number | "auto">;
}, undefined>;

// @damson/quantizers/dynamic-int8
export const dynamicInt8: _damson_core.Defined<{
    weights: _damson_core.Param<"auto" | "int8" | "uint8">;
    per: _damson_core.Param<"channel" | "tensor">;
    reduceRange: _damson_core.Param<boolean>;
    ops: _damson_core.Param<"auto" | readonly ("Conv" | "Gather" | "Gemm" | "MatMul")[]>;
}, undefined>;

// @damson/quantizers/weight-only
export const weightOnly: _damson_core.Defined<{
    bits: _damson_core.Param<2 | 4 | 8>;
    blockSize: _damson_core.Param<16 | 32 | 64 | 128 | 256>;
    symmetric: _damson_core.Param<boolean>;
    embeddings: _damson_core.Param<boolean>;
    accuracyLevel: _damson_core.Param<number | "auto">;
}, undefined>;
