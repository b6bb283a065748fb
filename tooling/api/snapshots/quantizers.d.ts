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
export const autoBits: Defined<{
    budget: Param<Quantity<"bits" | "bytes" | "decibels">>;
    objective: Param<"error" | "latency">;
    choices: Param<readonly string[]>;
    solver: Param<"auto" | "gptq" | "hqq" | "kquant" | "minmax" | "mse">;
    sampleCount: Param<number>;
    embeddings: Param<boolean>;
    convs: Param<boolean>;
    accuracyLevel: Param<number | "auto">;
}, Readonly<Record<string, {
    readonly choices: Readonly<Record<string, string>>;
    readonly codes: PartCodes;
}>>>;
export const awq: Defined<{
    sampleCount: Param<number>;
    memory: Param<"auto" | Quantity<"bytes">>;
    grid: Param<number>;
    clip: Param<boolean>;
    bits: Param<2 | 4 | 8>;
    blockSize: Param<16 | 32 | 64 | 128 | 256>;
    symmetric: Param<boolean | "auto">;
    format: Param<"nbits" | "qdq">;
    embeddings: Param<boolean>;
    convs: Param<boolean>;
    accuracyLevel: Param<number | "auto">;
}, Readonly<Record<string, Pick<Learnt, "codes" | "tensors">>>>;
export const binary: Defined<{
    blockSize: Param<16 | 32 | 64 | 128 | 256>;
    embeddings: Param<boolean>;
    convs: Param<boolean>;
    accuracyLevel: Param<number | "auto">;
}, undefined>;
export const bnb4: Defined<{
    type: Param<"fp4" | "nf4">;
    blockSize: Param<16 | 32 | 64 | 128 | 256>;
}, undefined>;
export const dynamicInt8: Defined<{
    weights: Param<"auto" | "int8" | "uint8">;
    per: Param<"channel" | "tensor">;
    symmetric: Param<boolean>;
    reduceRange: Param<boolean | "auto">;
    ops: Param<"auto" | readonly ("Attention" | "Conv" | "Gather" | "Gemm" | "GRU" | "LSTM" | "MatMul")[]>;
    format: Param<"fused" | "standard">;
}, undefined>;
export { explain } // of another package
export const float8: Defined<{
    type: Param<"e4m3" | "e5m2">;
    per: Param<"channel" | "tensor">;
    decode: Param<"load" | "run">;
}, undefined>;
export function fp16Report(model: Model, options: Fp16ReportOptions): Promise<ReadonlyMap<string, HalfReport | Refusal>>;
export const gptq: Defined<{
    sampleCount: Param<number>;
    memory: Param<"auto" | Quantity<"bytes">>;
    actOrder: Param<boolean>;
    damp: Param<number | "auto">;
    sweeps: Param<number>;
    inherited: Param<number>;
    bits: Param<2 | 4 | 8>;
    blockSize: Param<16 | 32 | 64 | 128 | 256>;
    symmetric: Param<boolean | "auto">;
    format: Param<"nbits" | "qdq">;
    embeddings: Param<boolean>;
    convs: Param<boolean>;
    accuracyLevel: Param<number | "auto">;
}, Readonly<Record<string, Pick<Learnt, "codes" | "tensors">>>>;
export const half: Defined<{
    type: Param<"bfloat16" | "float16">;
    io: Param<"convert" | "keep">;
    guard: Param<"auto" | "calibrated" | "off" | "weights">;
    compute: Param<"auto" | "float32" | "half">;
}, Readonly<Record<string, PartFindings>>>;
export const hqq: Defined<{
    iterations: Param<number>;
    p: Param<number>;
    zeroPoint: Param<"float" | "integer">;
    rounding: Param<"balanced" | "nearest">;
    bits: Param<2 | 4 | 8>;
    blockSize: Param<16 | 32 | 64 | 128 | 256>;
    symmetric: Param<boolean | "auto">;
    format: Param<"nbits" | "qdq">;
    embeddings: Param<boolean>;
    convs: Param<boolean>;
    accuracyLevel: Param<number | "auto">;
}, undefined>;
export const llmInt8: Defined<{
    threshold: Param<number>;
    weights: Param<"auto" | "int8" | "uint8">;
    embeddings: Param<boolean>;
    sampleCount: Param<number>;
    format: Param<"fused" | "standard">;
}, Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>>;
export { load } // of another package
export { plan } // of another package
export { save } // of another package
export const scaleEstimation: Defined<{
    sampleCount: Param<number>;
    memory: Param<"auto" | Quantity<"bytes">>;
    bits: Param<2 | 4 | 8>;
    blockSize: Param<16 | 32 | 64 | 128 | 256>;
    symmetric: Param<boolean | "auto">;
    format: Param<"nbits" | "qdq">;
    embeddings: Param<boolean>;
    convs: Param<boolean>;
    accuracyLevel: Param<number | "auto">;
}, Readonly<Record<string, Pick<Learnt, "codes" | "tensors">>>>;
export { smash } // of another package
export const staticInt8: Defined<{
    activations: Param<"auto" | "int8" | "uint8" | "uint16">;
    reduceRange: Param<boolean | "auto">;
    weights: Param<"int8" | "uint8">;
    per: Param<"channel" | "tensor">;
    calibrate: Param<"entropy" | "minmax" | "moving-average" | "mse" | "percentile">;
    format: Param<"qdq" | "qoperator">;
    smooth: Param<number>;
    equalize: Param<boolean>;
    biasCorrection: Param<boolean>;
    protect: Param<number>;
    overrides: Param<Readonly<Record<string, readonly [
        number,
        number
    ]>>>;
}, Readonly<Record<string, PartState>>>;
export const weightOnly: Defined<{
    search: Param<"kquant" | "minmax" | "mse">;
    rounding: Param<"balanced" | "nearest">;
    bits: Param<2 | 4 | 8>;
    blockSize: Param<16 | 32 | 64 | 128 | 256>;
    symmetric: Param<boolean | "auto">;
    format: Param<"nbits" | "qdq">;
    embeddings: Param<boolean>;
    convs: Param<boolean>;
    accuracyLevel: Param<number | "auto">;
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
export const autoBits: Defined<{
    budget: Param<Quantity<"bits" | "bytes" | "decibels">>;
    objective: Param<"error" | "latency">;
    choices: Param<readonly string[]>;
    solver: Param<"auto" | "gptq" | "hqq" | "kquant" | "minmax" | "mse">;
    sampleCount: Param<number>;
    embeddings: Param<boolean>;
    convs: Param<boolean>;
    accuracyLevel: Param<number | "auto">;
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
export const awq: Defined<{
    sampleCount: Param<number>;
    memory: Param<"auto" | Quantity<"bytes">>;
    grid: Param<number>;
    clip: Param<boolean>;
    bits: Param<2 | 4 | 8>;
    blockSize: Param<16 | 32 | 64 | 128 | 256>;
    symmetric: Param<boolean | "auto">;
    format: Param<"nbits" | "qdq">;
    embeddings: Param<boolean>;
    convs: Param<boolean>;
    accuracyLevel: Param<number | "auto">;
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
export const binary: Defined<{
    blockSize: Param<16 | 32 | 64 | 128 | 256>;
    embeddings: Param<boolean>;
    convs: Param<boolean>;
    accuracyLevel: Param<number | "auto">;
}, undefined>;

// @damson/quantizers/bnb4
export const bnb4: Defined<{
    type: Param<"fp4" | "nf4">;
    blockSize: Param<16 | 32 | 64 | 128 | 256>;
}, undefined>;

// @damson/quantizers/dynamic-int8
export const dynamicInt8: Defined<{
    weights: Param<"auto" | "int8" | "uint8">;
    per: Param<"channel" | "tensor">;
    symmetric: Param<boolean>;
    reduceRange: Param<boolean | "auto">;
    ops: Param<"auto" | readonly ("Attention" | "Conv" | "Gather" | "Gemm" | "GRU" | "LSTM" | "MatMul")[]>;
    format: Param<"fused" | "standard">;
}, undefined>;

// @damson/quantizers/float8
export const float8: Defined<{
    type: Param<"e4m3" | "e5m2">;
    per: Param<"channel" | "tensor">;
    decode: Param<"load" | "run">;
}, undefined>;

// @damson/quantizers/gptq
export const gptq: Defined<{
    sampleCount: Param<number>;
    memory: Param<"auto" | Quantity<"bytes">>;
    actOrder: Param<boolean>;
    damp: Param<number | "auto">;
    sweeps: Param<number>;
    inherited: Param<number>;
    bits: Param<2 | 4 | 8>;
    blockSize: Param<16 | 32 | 64 | 128 | 256>;
    symmetric: Param<boolean | "auto">;
    format: Param<"nbits" | "qdq">;
    embeddings: Param<boolean>;
    convs: Param<boolean>;
    accuracyLevel: Param<number | "auto">;
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
export const half: Defined<{
    type: Param<"bfloat16" | "float16">;
    io: Param<"convert" | "keep">;
    guard: Param<"auto" | "calibrated" | "off" | "weights">;
    compute: Param<"auto" | "float32" | "half">;
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
export const hqq: Defined<{
    iterations: Param<number>;
    p: Param<number>;
    zeroPoint: Param<"float" | "integer">;
    rounding: Param<"balanced" | "nearest">;
    bits: Param<2 | 4 | 8>;
    blockSize: Param<16 | 32 | 64 | 128 | 256>;
    symmetric: Param<boolean | "auto">;
    format: Param<"nbits" | "qdq">;
    embeddings: Param<boolean>;
    convs: Param<boolean>;
    accuracyLevel: Param<number | "auto">;
}, undefined>;

// @damson/quantizers/llm-int8
export const llmInt8: Defined<{
    threshold: Param<number>;
    weights: Param<"auto" | "int8" | "uint8">;
    embeddings: Param<boolean>;
    sampleCount: Param<number>;
    format: Param<"fused" | "standard">;
}, Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>>;

// @damson/quantizers/scale-estimation
export const scaleEstimation: Defined<{
    sampleCount: Param<number>;
    memory: Param<"auto" | Quantity<"bytes">>;
    bits: Param<2 | 4 | 8>;
    blockSize: Param<16 | 32 | 64 | 128 | 256>;
    symmetric: Param<boolean | "auto">;
    format: Param<"nbits" | "qdq">;
    embeddings: Param<boolean>;
    convs: Param<boolean>;
    accuracyLevel: Param<number | "auto">;
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
export const staticInt8: Defined<{
    activations: Param<"auto" | "int8" | "uint8" | "uint16">;
    reduceRange: Param<boolean | "auto">;
    weights: Param<"int8" | "uint8">;
    per: Param<"channel" | "tensor">;
    calibrate: Param<"entropy" | "minmax" | "moving-average" | "mse" | "percentile">;
    format: Param<"qdq" | "qoperator">;
    smooth: Param<number>;
    equalize: Param<boolean>;
    biasCorrection: Param<boolean>;
    protect: Param<number>;
    overrides: Param<Readonly<Record<string, readonly [
        number,
        number
    ]>>>;
}, Readonly<Record<string, PartState>>>;
// mentioned, not exported
const params: {
    activations: Param<"auto" | "int8" | "uint8" | "uint16">;
    reduceRange: Param<boolean | "auto">;
    weights: Param<"int8" | "uint8">;
    per: Param<"channel" | "tensor">;
    calibrate: Param<"entropy" | "minmax" | "moving-average" | "mse" | "percentile">;
    format: Param<"qdq" | "qoperator">;
    smooth: Param<number>;
    equalize: Param<boolean>;
    biasCorrection: Param<boolean>;
    protect: Param<number>;
    overrides: Param<Readonly<Record<string, readonly [
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
export const weightOnly: Defined<{
    search: Param<"kquant" | "minmax" | "mse">;
    rounding: Param<"balanced" | "nearest">;
    bits: Param<2 | 4 | 8>;
    blockSize: Param<16 | 32 | 64 | 128 | 256>;
    symmetric: Param<boolean | "auto">;
    format: Param<"nbits" | "qdq">;
    embeddings: Param<boolean>;
    convs: Param<boolean>;
    accuracyLevel: Param<number | "auto">;
}, undefined>;
