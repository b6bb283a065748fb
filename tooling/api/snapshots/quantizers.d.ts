// The public API of @damson/quantizers. Written by `pnpm api --update`; a change here is a change for users.

// @damson/quantizers
export interface Fp16ReportOptions {
    readonly runtime: Runtime;
    readonly target?: Target;
    readonly feeds: (part: string) => readonly Feeds[];
    readonly signal?: AbortSignal;
    readonly onProgress?: (part: string, done: number, total: number) => void;
}
export interface HalfReport {
    readonly guard: 'off' | 'weights' | 'calibrated';
    readonly islands: readonly Island[];
    readonly unfit: readonly {
        readonly weight: string;
        readonly why: string;
    }[];
    readonly clamped: readonly {
        readonly weight: string;
        readonly from: number;
        readonly to: number;
    }[];
    readonly halfNodes: number;
    readonly floatNodes: number;
    readonly measured: number;
    readonly unmeasured: number;
}
export type Island = {
    readonly value: string;
    readonly min: number;
    readonly max: number;
    readonly why: string;
    readonly nodes: readonly string[];
};
export const autoBits: _damson_core.Defined<{
    budget: _damson_core.Param<_damson_core.Quantity<"bits" | "bytes" | "decibels">>;
    objective: _damson_core.Param<"error" | "latency">;
    choices: _damson_core.Param<readonly string[]>;
    solver: _damson_core.Param<"auto" | "gptq" | "hqq" | "kquant" | "minmax" | "mse">;
    sampleCount: _damson_core.Param<number>;
    embeddings: _damson_core.Param<boolean>;
    convs: _damson_core.Param<boolean>;
    accuracyLevel: _damson_core.Param<number | "auto">;
}, Readonly<Record<string, {
    readonly choices: Readonly<Record<string, string>>;
    readonly codes: PartCodes;
}>>>;
export const awq: _damson_core.Defined<{
    sampleCount: _damson_core.Param<number>;
    memory: _damson_core.Param<"auto" | _damson_core.Quantity<"bytes">>;
    grid: _damson_core.Param<number>;
    clip: _damson_core.Param<boolean>;
    bits: _damson_core.Param<2 | 4 | 8>;
    blockSize: _damson_core.Param<16 | 32 | 64 | 128 | 256>;
    symmetric: _damson_core.Param<boolean | "auto">;
    format: _damson_core.Param<"nbits" | "qdq">;
    embeddings: _damson_core.Param<boolean>;
    convs: _damson_core.Param<boolean>;
    accuracyLevel: _damson_core.Param<number | "auto">;
}, Readonly<Record<string, Pick<Learnt, "codes" | "tensors">>>>;
export const binary: _damson_core.Defined<{
    blockSize: _damson_core.Param<16 | 32 | 64 | 128 | 256>;
    embeddings: _damson_core.Param<boolean>;
    convs: _damson_core.Param<boolean>;
    accuracyLevel: _damson_core.Param<number | "auto">;
}, undefined>;
export const bnb4: _damson_core.Defined<{
    type: _damson_core.Param<"fp4" | "nf4">;
    blockSize: _damson_core.Param<16 | 32 | 64 | 128 | 256>;
}, undefined>;
export const dynamicInt8: _damson_core.Defined<{
    weights: _damson_core.Param<"auto" | "int8" | "uint8">;
    per: _damson_core.Param<"channel" | "tensor">;
    symmetric: _damson_core.Param<boolean>;
    reduceRange: _damson_core.Param<boolean>;
    ops: _damson_core.Param<"auto" | readonly ("Attention" | "Conv" | "Gather" | "Gemm" | "GRU" | "LSTM" | "MatMul")[]>;
}, undefined>;
export { explain } // of another package
export const float8: _damson_core.Defined<{
    type: _damson_core.Param<"e4m3" | "e5m2">;
    per: _damson_core.Param<"channel" | "tensor">;
    decode: _damson_core.Param<"load" | "run">;
}, undefined>;
export function fp16Report(model: Model, options: Fp16ReportOptions): Promise<ReadonlyMap<string, HalfReport | Refusal>>;
export const gptq: _damson_core.Defined<{
    sampleCount: _damson_core.Param<number>;
    memory: _damson_core.Param<"auto" | _damson_core.Quantity<"bytes">>;
    actOrder: _damson_core.Param<boolean>;
    damp: _damson_core.Param<number>;
    sweeps: _damson_core.Param<number>;
    inherited: _damson_core.Param<number>;
    bits: _damson_core.Param<2 | 4 | 8>;
    blockSize: _damson_core.Param<16 | 32 | 64 | 128 | 256>;
    symmetric: _damson_core.Param<boolean | "auto">;
    format: _damson_core.Param<"nbits" | "qdq">;
    embeddings: _damson_core.Param<boolean>;
    convs: _damson_core.Param<boolean>;
    accuracyLevel: _damson_core.Param<number | "auto">;
}, Readonly<Record<string, Pick<Learnt, "codes" | "tensors">>>>;
export const half: _damson_core.Defined<{
    type: _damson_core.Param<"bfloat16" | "float16">;
    io: _damson_core.Param<"convert" | "keep">;
    guard: _damson_core.Param<"auto" | "calibrated" | "off" | "weights">;
}, Readonly<Record<string, PartFindings>>>;
export const hqq: _damson_core.Defined<{
    iterations: _damson_core.Param<number>;
    p: _damson_core.Param<number>;
    zeroPoint: _damson_core.Param<"float" | "integer">;
    bits: _damson_core.Param<2 | 4 | 8>;
    blockSize: _damson_core.Param<16 | 32 | 64 | 128 | 256>;
    symmetric: _damson_core.Param<boolean | "auto">;
    format: _damson_core.Param<"nbits" | "qdq">;
    embeddings: _damson_core.Param<boolean>;
    convs: _damson_core.Param<boolean>;
    accuracyLevel: _damson_core.Param<number | "auto">;
}, undefined>;
export const llmInt8: _damson_core.Defined<{
    threshold: _damson_core.Param<number>;
    weights: _damson_core.Param<"auto" | "int8" | "uint8">;
    embeddings: _damson_core.Param<boolean>;
    sampleCount: _damson_core.Param<number>;
}, Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>>;
export { load } // of another package
export { plan } // of another package
export { save } // of another package
export const scaleEstimation: _damson_core.Defined<{
    sampleCount: _damson_core.Param<number>;
    memory: _damson_core.Param<"auto" | _damson_core.Quantity<"bytes">>;
    bits: _damson_core.Param<2 | 4 | 8>;
    blockSize: _damson_core.Param<16 | 32 | 64 | 128 | 256>;
    symmetric: _damson_core.Param<boolean | "auto">;
    format: _damson_core.Param<"nbits" | "qdq">;
    embeddings: _damson_core.Param<boolean>;
    convs: _damson_core.Param<boolean>;
    accuracyLevel: _damson_core.Param<number | "auto">;
}, Readonly<Record<string, Pick<Learnt, "codes" | "tensors">>>>;
export { smash } // of another package
export const staticInt8: _damson_core.Defined<{
    activations: _damson_core.Param<"auto" | "int8" | "uint8" | "uint16">;
    reduceRange: _damson_core.Param<boolean | "auto">;
    weights: _damson_core.Param<"int8" | "uint8">;
    per: _damson_core.Param<"channel" | "tensor">;
    calibrate: _damson_core.Param<"entropy" | "minmax" | "moving-average" | "mse" | "percentile">;
    format: _damson_core.Param<"qdq" | "qoperator">;
    smooth: _damson_core.Param<number>;
    equalize: _damson_core.Param<boolean>;
    biasCorrection: _damson_core.Param<boolean>;
    protect: _damson_core.Param<number>;
    overrides: _damson_core.Param<Readonly<Record<string, readonly [
        number,
        number
    ]>>>;
}, Readonly<Record<string, PartState>>>;
export const weightOnly: _damson_core.Defined<{
    search: _damson_core.Param<"kquant" | "minmax" | "mse">;
    bits: _damson_core.Param<2 | 4 | 8>;
    blockSize: _damson_core.Param<16 | 32 | 64 | 128 | 256>;
    symmetric: _damson_core.Param<boolean | "auto">;
    format: _damson_core.Param<"nbits" | "qdq">;
    embeddings: _damson_core.Param<boolean>;
    convs: _damson_core.Param<boolean>;
    accuracyLevel: _damson_core.Param<number | "auto">;
}, undefined>;
// mentioned, not exported
interface Learnt {
    readonly codes: PartCodes;
    readonly tensors: Readonly<Record<string, Tensor>>;
}
interface PartState {
    readonly [key: string]: PartCodings | PartTensors | readonly string[];
    readonly codings: PartCodings;
    readonly scales: PartTensors;
    readonly seams: PartTensors;
    readonly biases: PartTensors;
    readonly float: readonly string[];
}
type CodedTensors = {
    readonly packed: Tensor;
    readonly scales: Tensor;
} | {
    readonly packed: Tensor;
    readonly scales: Tensor;
    readonly zeroPoints: Tensor;
};
type ConstantRange = {
    readonly min: number;
    readonly max: number;
    readonly decibels: number | null;
};
type PartCodes = Readonly<Record<string, CodedTensors>>;
type PartCodings = Readonly<Record<string, {
    readonly scale: number;
    readonly zeroPoint: number;
}>>;
type PartFindings = {
    readonly guard: 'off' | 'weights' | 'calibrated';
    readonly constants: readonly (readonly [
        id: string,
        range: ConstantRange
    ])[];
    readonly islands: readonly Island[];
    readonly kept: readonly string[];
    readonly measured: number;
    readonly unmeasured: number;
};
type PartTensors = Readonly<Record<string, Tensor>>;

// @damson/quantizers/auto-bits
export const autoBits: _damson_core.Defined<{
    budget: _damson_core.Param<_damson_core.Quantity<"bits" | "bytes" | "decibels">>;
    objective: _damson_core.Param<"error" | "latency">;
    choices: _damson_core.Param<readonly string[]>;
    solver: _damson_core.Param<"auto" | "gptq" | "hqq" | "kquant" | "minmax" | "mse">;
    sampleCount: _damson_core.Param<number>;
    embeddings: _damson_core.Param<boolean>;
    convs: _damson_core.Param<boolean>;
    accuracyLevel: _damson_core.Param<number | "auto">;
}, Readonly<Record<string, {
    readonly choices: Readonly<Record<string, string>>;
    readonly codes: PartCodes;
}>>>;
// mentioned, not exported
type CodedTensors = {
    readonly packed: Tensor;
    readonly scales: Tensor;
} | {
    readonly packed: Tensor;
    readonly scales: Tensor;
    readonly zeroPoints: Tensor;
};
type PartCodes = Readonly<Record<string, CodedTensors>>;

// @damson/quantizers/awq
export const awq: _damson_core.Defined<{
    sampleCount: _damson_core.Param<number>;
    memory: _damson_core.Param<"auto" | _damson_core.Quantity<"bytes">>;
    grid: _damson_core.Param<number>;
    clip: _damson_core.Param<boolean>;
    bits: _damson_core.Param<2 | 4 | 8>;
    blockSize: _damson_core.Param<16 | 32 | 64 | 128 | 256>;
    symmetric: _damson_core.Param<boolean | "auto">;
    format: _damson_core.Param<"nbits" | "qdq">;
    embeddings: _damson_core.Param<boolean>;
    convs: _damson_core.Param<boolean>;
    accuracyLevel: _damson_core.Param<number | "auto">;
}, Readonly<Record<string, Pick<Learnt, "codes" | "tensors">>>>;
// mentioned, not exported
interface Learnt {
    readonly codes: PartCodes;
    readonly tensors: Readonly<Record<string, Tensor>>;
}
type CodedTensors = {
    readonly packed: Tensor;
    readonly scales: Tensor;
} | {
    readonly packed: Tensor;
    readonly scales: Tensor;
    readonly zeroPoints: Tensor;
};
type PartCodes = Readonly<Record<string, CodedTensors>>;

// @damson/quantizers/binary
export const binary: _damson_core.Defined<{
    blockSize: _damson_core.Param<16 | 32 | 64 | 128 | 256>;
    embeddings: _damson_core.Param<boolean>;
    convs: _damson_core.Param<boolean>;
    accuracyLevel: _damson_core.Param<number | "auto">;
}, undefined>;

// @damson/quantizers/bnb4
export const bnb4: _damson_core.Defined<{
    type: _damson_core.Param<"fp4" | "nf4">;
    blockSize: _damson_core.Param<16 | 32 | 64 | 128 | 256>;
}, undefined>;

// @damson/quantizers/dynamic-int8
export const dynamicInt8: _damson_core.Defined<{
    weights: _damson_core.Param<"auto" | "int8" | "uint8">;
    per: _damson_core.Param<"channel" | "tensor">;
    symmetric: _damson_core.Param<boolean>;
    reduceRange: _damson_core.Param<boolean>;
    ops: _damson_core.Param<"auto" | readonly ("Attention" | "Conv" | "Gather" | "Gemm" | "GRU" | "LSTM" | "MatMul")[]>;
}, undefined>;

// @damson/quantizers/float8
export const float8: _damson_core.Defined<{
    type: _damson_core.Param<"e4m3" | "e5m2">;
    per: _damson_core.Param<"channel" | "tensor">;
    decode: _damson_core.Param<"load" | "run">;
}, undefined>;

// @damson/quantizers/gptq
export const gptq: _damson_core.Defined<{
    sampleCount: _damson_core.Param<number>;
    memory: _damson_core.Param<"auto" | _damson_core.Quantity<"bytes">>;
    actOrder: _damson_core.Param<boolean>;
    damp: _damson_core.Param<number>;
    sweeps: _damson_core.Param<number>;
    inherited: _damson_core.Param<number>;
    bits: _damson_core.Param<2 | 4 | 8>;
    blockSize: _damson_core.Param<16 | 32 | 64 | 128 | 256>;
    symmetric: _damson_core.Param<boolean | "auto">;
    format: _damson_core.Param<"nbits" | "qdq">;
    embeddings: _damson_core.Param<boolean>;
    convs: _damson_core.Param<boolean>;
    accuracyLevel: _damson_core.Param<number | "auto">;
}, Readonly<Record<string, Pick<Learnt, "codes" | "tensors">>>>;
// mentioned, not exported
interface Learnt {
    readonly codes: PartCodes;
    readonly tensors: Readonly<Record<string, Tensor>>;
}
type CodedTensors = {
    readonly packed: Tensor;
    readonly scales: Tensor;
} | {
    readonly packed: Tensor;
    readonly scales: Tensor;
    readonly zeroPoints: Tensor;
};
type PartCodes = Readonly<Record<string, CodedTensors>>;

// @damson/quantizers/half
export const half: _damson_core.Defined<{
    type: _damson_core.Param<"bfloat16" | "float16">;
    io: _damson_core.Param<"convert" | "keep">;
    guard: _damson_core.Param<"auto" | "calibrated" | "off" | "weights">;
}, Readonly<Record<string, PartFindings>>>;
// mentioned, not exported
type ConstantRange = {
    readonly min: number;
    readonly max: number;
    readonly decibels: number | null;
};
type Island = {
    readonly value: string;
    readonly min: number;
    readonly max: number;
    readonly why: string;
    readonly nodes: readonly string[];
};
type PartFindings = {
    readonly guard: 'off' | 'weights' | 'calibrated';
    readonly constants: readonly (readonly [
        id: string,
        range: ConstantRange
    ])[];
    readonly islands: readonly Island[];
    readonly kept: readonly string[];
    readonly measured: number;
    readonly unmeasured: number;
};

// @damson/quantizers/hqq
export const hqq: _damson_core.Defined<{
    iterations: _damson_core.Param<number>;
    p: _damson_core.Param<number>;
    zeroPoint: _damson_core.Param<"float" | "integer">;
    bits: _damson_core.Param<2 | 4 | 8>;
    blockSize: _damson_core.Param<16 | 32 | 64 | 128 | 256>;
    symmetric: _damson_core.Param<boolean | "auto">;
    format: _damson_core.Param<"nbits" | "qdq">;
    embeddings: _damson_core.Param<boolean>;
    convs: _damson_core.Param<boolean>;
    accuracyLevel: _damson_core.Param<number | "auto">;
}, undefined>;

// @damson/quantizers/llm-int8
export const llmInt8: _damson_core.Defined<{
    threshold: _damson_core.Param<number>;
    weights: _damson_core.Param<"auto" | "int8" | "uint8">;
    embeddings: _damson_core.Param<boolean>;
    sampleCount: _damson_core.Param<number>;
}, Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>>;

// @damson/quantizers/scale-estimation
export const scaleEstimation: _damson_core.Defined<{
    sampleCount: _damson_core.Param<number>;
    memory: _damson_core.Param<"auto" | _damson_core.Quantity<"bytes">>;
    bits: _damson_core.Param<2 | 4 | 8>;
    blockSize: _damson_core.Param<16 | 32 | 64 | 128 | 256>;
    symmetric: _damson_core.Param<boolean | "auto">;
    format: _damson_core.Param<"nbits" | "qdq">;
    embeddings: _damson_core.Param<boolean>;
    convs: _damson_core.Param<boolean>;
    accuracyLevel: _damson_core.Param<number | "auto">;
}, Readonly<Record<string, Pick<Learnt, "codes" | "tensors">>>>;
// mentioned, not exported
interface Learnt {
    readonly codes: PartCodes;
    readonly tensors: Readonly<Record<string, Tensor>>;
}
type CodedTensors = {
    readonly packed: Tensor;
    readonly scales: Tensor;
} | {
    readonly packed: Tensor;
    readonly scales: Tensor;
    readonly zeroPoints: Tensor;
};
type PartCodes = Readonly<Record<string, CodedTensors>>;

// @damson/quantizers/static-int8
export type Params = typeof params;
export const staticInt8: _damson_core.Defined<{
    activations: _damson_core.Param<"auto" | "int8" | "uint8" | "uint16">;
    reduceRange: _damson_core.Param<boolean | "auto">;
    weights: _damson_core.Param<"int8" | "uint8">;
    per: _damson_core.Param<"channel" | "tensor">;
    calibrate: _damson_core.Param<"entropy" | "minmax" | "moving-average" | "mse" | "percentile">;
    format: _damson_core.Param<"qdq" | "qoperator">;
    smooth: _damson_core.Param<number>;
    equalize: _damson_core.Param<boolean>;
    biasCorrection: _damson_core.Param<boolean>;
    protect: _damson_core.Param<number>;
    overrides: _damson_core.Param<Readonly<Record<string, readonly [
        number,
        number
    ]>>>;
}, Readonly<Record<string, PartState>>>;
// mentioned, not exported
const params: {
    activations: _damson_core.Param<"auto" | "int8" | "uint8" | "uint16">;
    reduceRange: _damson_core.Param<boolean | "auto">;
    weights: _damson_core.Param<"int8" | "uint8">;
    per: _damson_core.Param<"channel" | "tensor">;
    calibrate: _damson_core.Param<"entropy" | "minmax" | "moving-average" | "mse" | "percentile">;
    format: _damson_core.Param<"qdq" | "qoperator">;
    smooth: _damson_core.Param<number>;
    equalize: _damson_core.Param<boolean>;
    biasCorrection: _damson_core.Param<boolean>;
    protect: _damson_core.Param<number>;
    overrides: _damson_core.Param<Readonly<Record<string, readonly [
        number,
        number
    ]>>>;
};
interface PartState {
    readonly [key: string]: PartCodings | PartTensors | readonly string[];
    readonly codings: PartCodings;
    readonly scales: PartTensors;
    readonly seams: PartTensors;
    readonly biases: PartTensors;
    readonly float: readonly string[];
}
type PartCodings = Readonly<Record<string, {
    readonly scale: number;
    readonly zeroPoint: number;
}>>;
type PartTensors = Readonly<Record<string, Tensor>>;

// @damson/quantizers/weight-only
export const weightOnly: _damson_core.Defined<{
    search: _damson_core.Param<"kquant" | "minmax" | "mse">;
    bits: _damson_core.Param<2 | 4 | 8>;
    blockSize: _damson_core.Param<16 | 32 | 64 | 128 | 256>;
    symmetric: _damson_core.Param<boolean | "auto">;
    format: _damson_core.Param<"nbits" | "qdq">;
    embeddings: _damson_core.Param<boolean>;
    convs: _damson_core.Param<boolean>;
    accuracyLevel: _damson_core.Param<number | "auto">;
}, undefined>;
