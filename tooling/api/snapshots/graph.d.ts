// The public API of @damson/graph. Written by `pnpm api --update`; a change here is a change for users.

// @damson/graph
export type Attribute = {
    readonly type: 'float';
    readonly value: number;
} | {
    readonly type: 'floats';
    readonly value: readonly number[];
} | {
    readonly type: 'int';
    readonly value: bigint;
} | {
    readonly type: 'ints';
    readonly value: readonly bigint[];
} | {
    readonly type: 'string';
    readonly value: string | Uint8Array;
} | {
    readonly type: 'strings';
    readonly value: readonly (string | Uint8Array)[];
} | {
    readonly type: 'tensor';
    readonly value: Tensor;
} | {
    readonly type: 'tensors';
    readonly value: readonly Tensor[];
} | {
    readonly type: 'sparse-tensor';
    readonly value: SparseTensor;
} | {
    readonly type: 'sparse-tensors';
    readonly value: readonly SparseTensor[];
} | {
    readonly type: 'graph';
    readonly value: Body;
} | {
    readonly type: 'graphs';
    readonly value: readonly Body[];
} | {
    readonly type: 'type';
    readonly value: ValueType;
} | {
    readonly type: 'types';
    readonly value: readonly ValueType[];
} | {
    readonly type: 'reference';
    readonly of: AttributeKind;
    readonly value: string;
};
export type AttributeGiven = Float | Floats | Int | Ints | Text | Texts | TensorGiven | BodyGiven | TypeGiven;
export type AttributeKind = 'float' | 'floats' | 'int' | 'ints' | 'string' | 'strings' | 'tensor' | 'tensors' | 'sparse-tensor' | 'sparse-tensors' | 'graph' | 'graphs' | 'type' | 'types';
export interface AttributeSchema {
    readonly name: string;
    readonly type: AttributeKind;
    readonly required: boolean;
    readonly default?: Attribute;
}
export type Attributed = Pick<Node, 'attributes'> | Value;
export type Attributes<T> = T | ReadonlyMap<string, Attribute>;
export type Bindings = Readonly<Record<string, Value | undefined | readonly Value[]>>;
export class Body {
    #private;
    readonly name: string;
    readonly inputs: readonly ValueInfo[];
    readonly outputs: readonly ValueInfo[];
    readonly initializers: ReadonlyMap<string, Initializer>;
    readonly sparseInitializers: ReadonlyMap<string, SparseTensor>;
    readonly nodes: readonly Node[];
    readonly types: ReadonlyMap<string, ValueInfo>;
    readonly doc: string | undefined;
    readonly metadata: ReadonlyMap<string, string> | undefined;
    readonly extra: Extra | undefined;
    constructor(fields: BodyFields);
    with(changes: Partial<BodyFields>): Body;
    producer(name: string): Node | undefined;
    users(name: string): readonly Use[];
    captures(): ReadonlySet<string>;
    isNodeName(name: string): boolean;
    isInput(name: string): boolean;
    isOutput(name: string): boolean;
    requiredInputs(): readonly ValueInfo[];
    tensor(name: string): Tensor | undefined;
    typeOf(name: string): ValueType | undefined;
    fields(): BodyFields;
}
export interface BodyFields {
    readonly name: string;
    readonly inputs: readonly ValueInfo[];
    readonly outputs: readonly ValueInfo[];
    readonly initializers: ReadonlyMap<string, Initializer>;
    readonly sparseInitializers?: ReadonlyMap<string, SparseTensor>;
    readonly nodes: readonly Node[];
    readonly types?: ReadonlyMap<string, ValueInfo>;
    readonly doc?: string;
    readonly metadata?: ReadonlyMap<string, string>;
    readonly extra?: Extra;
}
export type Bound<D extends readonly Declaration[]> = {
    readonly [K in D[number] as NameOf<K>]: K extends `...${string}` ? readonly Value[] : K extends `${string}?` ? Value | undefined : Value;
};
export interface Boundary {
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
}
export interface Call {
    readonly op: string;
    readonly domain: string;
    readonly inputs: readonly In[];
    readonly attributes: ReadonlyMap<string, AttributeGiven>;
    readonly shared: boolean;
}
export interface ChannelScale {
    readonly weights: Tensor;
    readonly bias?: Tensor;
    readonly parameters: NormParameters;
    readonly epsilon: number;
    readonly transposed: boolean;
    readonly group: number;
}
export class Choice {
    readonly terms: readonly (Term | Variable | Constant)[];
    constructor(terms: readonly (Term | Variable | Constant)[]);
}
export interface Claims {
    readonly nodes: readonly Visit[];
    readonly weights: readonly Weight[];
    readonly partial: readonly Refusal[];
}
export interface Computation {
    readonly key: string;
    readonly outputs: readonly {
        readonly dtype: DataType;
        readonly shape: readonly number[];
    }[];
    readonly cost: number;
    run(write: WriteBand, options: {
        readonly signal?: AbortSignal;
    }): Promise<void>;
}
export class Constant {
    readonly of: Variable | Tensor;
    readonly name: string | undefined;
    readonly from: readonly Value[];
    constructor(of: Variable | Tensor, options?: ConstantOptions);
}
export interface ConstantOptions {
    readonly name?: string;
    readonly from?: readonly Value[];
}
export interface ConstantRegion {
    readonly path: string;
    readonly graph: Graph;
}
export class DamsonError extends Error {
    readonly [brand] = true;
    readonly code: string;
    readonly details: Readonly<Record<string, unknown>>;
    constructor(code: string, message: string, options?: {
        readonly cause?: unknown;
        readonly details?: Readonly<Record<string, unknown>>;
    });
    static isInstance(value: unknown, code?: string): value is DamsonError;
}
export type DataType = keyof typeof table;
export type Declaration = string;
export interface DedupeOptions {
    readonly signal?: AbortSignal;
}
export interface DifferenceOptions {
    readonly notes?: boolean;
}
export type Dim = number | string | null;
export class Draft {
    #private;
    constructor(body: Body, scope?: Scope);
    get nodes(): readonly Node[];
    get inputs(): readonly ValueInfo[];
    get outputs(): readonly ValueInfo[];
    get initializers(): ReadonlyMap<string, Initializer>;
    has(node: Node): boolean;
    producer(name: string): Node | undefined;
    users(name: string): readonly Use[];
    isOutput(name: string): boolean;
    tensor(name: string): Tensor | undefined;
    typeOf(name: string): ValueType | undefined;
    fresh(hint: string): string;
    add(fields: NodeFields): Node;
    insert(node: Node): Node;
    current(node: Node): Node;
    remove(node: Node): void;
    replace(node: Node, changes: Partial<Node>): Node;
    redirect(from: string, to: string, only?: (use: Use) => boolean): void;
    setInitializer(name: string, tensor: Tensor, options?: {
        readonly origins?: readonly string[];
    }): void;
    addInitializer(hint: string, tensor: Tensor, options?: {
        readonly origins?: readonly string[];
    }): string;
    removeInitializer(name: string): void;
    setType(name: string, type: ValueType): void;
    setInputs(inputs: readonly ValueInfo[]): void;
    setOutputs(outputs: readonly ValueInfo[]): void;
    finish(): Body;
}
export type Elements = readonly (number | bigint)[];
export type EqualWeights = ReadonlyMap<string, string>;
export type Evaluate = (graph: Graph) => Promise<ReadonlyMap<string, Tensor>>;
export interface ExternalOptions {
    readonly threshold?: number;
    readonly chunkBytes?: number;
    readonly naming?: (chunk: number) => string;
    readonly placed?: PlacedTensors;
}
export type Extra = object;
export interface ExtractOptions {
    readonly inputs?: readonly string[];
    readonly outputs: readonly string[];
    readonly scope?: Scope;
    readonly name?: string;
}
export interface FoldOptions extends FoldShapesOptions {
    readonly evaluate: Evaluate;
}
export interface FoldShapesOptions {
    readonly limitBytes?: number;
    readonly inferOf?: (graph: Graph) => Inference;
}
export type FoldedValues = ReadonlyMap<string, ReadonlyMap<string, Tensor>>;
export type FolderLike = string | ReadonlyMap<string, Uint8Array> | FileSystemDirectoryHandle | SourceFolder;
export interface FunctionDefinition {
    readonly name: string;
    readonly domain: string;
    readonly overload?: string;
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
    readonly attributes: readonly string[];
    readonly defaults: ReadonlyMap<string, Attribute>;
    readonly nodes: readonly Node[];
    readonly types: ReadonlyMap<string, ValueInfo>;
    readonly opsets: ReadonlyMap<string, number>;
    readonly doc?: string;
    readonly metadata?: ReadonlyMap<string, string>;
    readonly extra?: Extra;
}
export interface GateOptions {
    readonly when: string | {
        readonly input: string;
    };
    readonly otherwise: (output: ValueInfo) => Otherwise;
    readonly path?: string;
    readonly name?: string;
}
export interface Gated {
    readonly graph: Graph;
    readonly node: Node;
    readonly outputs: readonly ValueInfo[];
    readonly inputs: readonly string[];
    readonly added: readonly ValueInfo[];
}
export class Graph extends Body {
    readonly header: Header;
    constructor(fields: BodyFields & {
        readonly header: Header;
    });
    with(changes: Partial<BodyFields & {
        readonly header: Header;
    }>): Graph;
    opset(domain?: string): number;
}
export interface Header {
    readonly irVersion: number;
    readonly opsets: ReadonlyMap<string, number>;
    readonly functions: readonly FunctionDefinition[];
    readonly producer?: {
        readonly name: string;
        readonly version: string;
    };
    readonly domain?: string;
    readonly modelVersion?: bigint;
    readonly doc?: string;
    readonly metadata?: ReadonlyMap<string, string>;
    readonly extra?: Extra;
}
export type In = Term | Variable | Choice | Constant | Value | number | readonly number[] | undefined;
export interface InferOptions {
    readonly values?: ReadonlyMap<string, Tensor>;
}
export interface Inference {
    readonly graph: Graph;
    readonly problems: readonly TypeProblem[];
    readonly elements: ReadonlyMap<string, readonly Dim[]>;
}
export interface Initializer {
    readonly name: string;
    readonly tensor: Tensor;
    readonly origins: readonly string[];
    readonly doc?: string;
    readonly metadata?: ReadonlyMap<string, string>;
    readonly extra?: Extra;
}
export interface InlineOptions {
    readonly inputs: Readonly<Record<string, string>>;
    readonly replace?: Readonly<Record<string, string>>;
    readonly prefix?: string;
}
export interface Inlined {
    readonly graph: Graph;
    readonly outputs: ReadonlyMap<string, string>;
}
export type Inset = number | bigint | string | readonly (number | bigint | string)[] | Tensor;
export interface KeptData {
    readonly keep: readonly Source[];
    readonly others?: 'auto' | 'external';
}
export interface Kernel {
    readonly since: number;
    readonly end?: number;
    readonly types: ReadonlyMap<string, readonly string[]>;
}
export type Leaves<D extends readonly Declaration[]> = {
    readonly [K in D[number] as NameOf<K>]: K extends `...${string}` ? readonly [
        Variable
    ] : Variable;
};
export interface MemorySink extends Sink {
    readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
    toBlob(path?: string): Blob;
}
export interface MicrosoftOperators {
    Attention(input: In, weights: In, bias?: In | MicrosoftAttention, mask_index?: In | MicrosoftAttention, past?: In | MicrosoftAttention, attention_bias?: In | MicrosoftAttention, past_sequence_length?: In | MicrosoftAttention, attributes?: MicrosoftAttention): Term;
    AttnLSTM(X: In, W: In, R: In, B?: In | MicrosoftAttnLSTM, sequence_lens?: In | MicrosoftAttnLSTM, initial_h?: In | MicrosoftAttnLSTM, initial_c?: In | MicrosoftAttnLSTM, P?: In | MicrosoftAttnLSTM, QW?: In | MicrosoftAttnLSTM, MW?: In | MicrosoftAttnLSTM, V?: In | MicrosoftAttnLSTM, M?: In | MicrosoftAttnLSTM, memory_seq_lens?: In | MicrosoftAttnLSTM, AW?: In | MicrosoftAttnLSTM, attributes?: MicrosoftAttnLSTM): Term;
    BeamSearch(input_ids: In, max_length: In, min_length: In, num_beams: In, num_return_sequences: In, length_penalty?: In | MicrosoftBeamSearch, repetition_penalty?: In | MicrosoftBeamSearch, vocab_mask?: In | MicrosoftBeamSearch, prefix_vocab_mask?: In | MicrosoftBeamSearch, attention_mask?: In | MicrosoftBeamSearch, decoder_input_ids?: In | MicrosoftBeamSearch, logits_processor?: In | MicrosoftBeamSearch, attributes?: MicrosoftBeamSearch): Term;
    BiasAdd(X: In, bias: In, skip: In): Term;
    BiasDropout(data: In, bias: In, residual?: In | MicrosoftBiasDropout, ratio?: In | MicrosoftBiasDropout, training_mode?: In | MicrosoftBiasDropout, attributes?: MicrosoftBiasDropout): Term;
    BiasGelu(A: In, B: In): Term;
    BiasSoftmax(data: In, bias: In, attributes?: MicrosoftBiasSoftmax): Term;
    BiasSplitGelu(X: In, bias: In): Term;
    BifurcationDetector(src_tokens: In, cur_tokens: In, prev_suffix_match_idx: In, pred_tokens?: In | MicrosoftBifurcationDetector, attributes?: MicrosoftBifurcationDetector): Term;
    BitmaskBiasDropout(data: In, bias: In, residual?: In | MicrosoftBitmaskBiasDropout, ratio?: In | MicrosoftBitmaskBiasDropout, training_mode?: In | MicrosoftBitmaskBiasDropout, attributes?: MicrosoftBitmaskBiasDropout): Term;
    BitmaskDropout(data: In, ratio?: In | MicrosoftBitmaskDropout, training_mode?: In | MicrosoftBitmaskDropout, attributes?: MicrosoftBitmaskDropout): Term;
    BranchwiseRMSNorm(X: In, scale?: In | MicrosoftBranchwiseRMSNorm, attributes?: MicrosoftBranchwiseRMSNorm): Term;
    CDist(A: In, B: In, attributes?: MicrosoftCDist): Term;
    CausalConvWithState(input: In, weight: In, bias?: In | MicrosoftCausalConvWithState, past_state?: In | MicrosoftCausalConvWithState, attributes?: MicrosoftCausalConvWithState): Term;
    ComplexMul(A: In, B: In): Term;
    ComplexMulConj(A: In, B: In): Term;
    ConvTransposeWithDynamicPads(X: In, W: In, Pads?: In | MicrosoftConvTransposeWithDynamicPads, B?: In | MicrosoftConvTransposeWithDynamicPads, attributes?: MicrosoftConvTransposeWithDynamicPads): Term;
    CropAndResize(X: In, rois: In, batch_indices: In, crop_size: In, attributes?: MicrosoftCropAndResize): Term;
    DecoderAttention(query: In, key: In, q_weight: In, kv_weight: In, bias: In, key_padding_mask: In, key_cache: In, value_cache: In, static_kv: In, use_past: In, has_layer_state: In, has_key_padding_mask: In, attributes?: MicrosoftDecoderAttention): Term;
    DecoderMaskedMultiHeadAttention(query: In, key?: In | MicrosoftDecoderMaskedMultiHeadAttention, value?: In | MicrosoftDecoderMaskedMultiHeadAttention, mask_index?: In | MicrosoftDecoderMaskedMultiHeadAttention, attention_bias?: In | MicrosoftDecoderMaskedMultiHeadAttention, past_key?: In | MicrosoftDecoderMaskedMultiHeadAttention, past_value?: In | MicrosoftDecoderMaskedMultiHeadAttention, past_sequence_length?: In | MicrosoftDecoderMaskedMultiHeadAttention, beam_width?: In | MicrosoftDecoderMaskedMultiHeadAttention, cache_indirection?: In | MicrosoftDecoderMaskedMultiHeadAttention, bias?: In | MicrosoftDecoderMaskedMultiHeadAttention, attributes?: MicrosoftDecoderMaskedMultiHeadAttention): Term;
    DecoderMaskedSelfAttention(input: In, weights: In, bias: In, mask_index: In, past: In, attention_bias: In, past_sequence_length: In, beam_width?: In | MicrosoftDecoderMaskedSelfAttention, cache_indirection?: In | MicrosoftDecoderMaskedSelfAttention, attributes?: MicrosoftDecoderMaskedSelfAttention): Term;
    DequantizeBFP(x: In, shape: In, strides: In, attributes?: MicrosoftDequantizeBFP): Term;
    DequantizeLinear(x: In, x_scale: In, x_zero_point?: In | MicrosoftDequantizeLinear, attributes?: MicrosoftDequantizeLinear): Term;
    DequantizeWithOrder(input: In, scale_input: In, attributes?: MicrosoftDequantizeWithOrder): Term;
    DynamicQuantizeLSTM(X: In, W: In, R: In, B: In, sequence_lens: In, initial_h: In, initial_c: In, P: In, W_scale: In, W_zero_point: In, R_scale: In, R_zero_point: In, attributes?: MicrosoftDynamicQuantizeLSTM): Term;
    DynamicQuantizeMatMul(A: In, B: In, b_scale: In, b_zero_point?: In, bias?: In): Term;
    DynamicSparseAttention(query: In, key: In, value: In, past_key: In, past_value: In, auxiliary_key: In, auxiliary_value: In, selected_indices: In, selected_counts: In, seqlens_k: In, total_sequence_length: In, cos_cache?: In | MicrosoftDynamicSparseAttention, sin_cache?: In | MicrosoftDynamicSparseAttention, position_ids?: In | MicrosoftDynamicSparseAttention, q_norm_weight?: In | MicrosoftDynamicSparseAttention, k_norm_weight?: In | MicrosoftDynamicSparseAttention, head_sink?: In | MicrosoftDynamicSparseAttention, attributes?: MicrosoftDynamicSparseAttention): Term;
    DynamicTimeWarping(input: In): Term;
    EPContext(...inputs: readonly (In | MicrosoftEPContext)[]): Term;
    EmbedLayerNormalization(input_ids: In, segment_ids: In, word_embedding: In, position_embedding: In, segment_embedding: In, gamma: In, beta: In, mask?: In | MicrosoftEmbedLayerNormalization, position_ids?: In | MicrosoftEmbedLayerNormalization, attributes?: MicrosoftEmbedLayerNormalization): Term;
    EngramGate(key: In, query: In, value: In, key_norm_scale: In, query_norm_scale: In, conv_norm_scale?: In | MicrosoftEngramGate, attributes?: MicrosoftEngramGate): Term;
    ExpandDims(X: In, axis: In): Term;
    FastGelu(X: In, bias?: In): Term;
    FusedConv(X: In, W: In, B?: In | MicrosoftFusedConv, Z?: In | MicrosoftFusedConv, attributes?: MicrosoftFusedConv): Term;
    FusedGemm(A: In, B: In, C?: In | MicrosoftFusedGemm, attributes?: MicrosoftFusedGemm): Term;
    FusedMatMul(A: In, B: In, attributes?: MicrosoftFusedMatMul): Term;
    FusedMatMulActivation(A: In, B: In, attributes?: MicrosoftFusedMatMulActivation): Term;
    GatedAdd(X: In, Y: In, gate: In): Term;
    GatedDeltaNet(query: In, key?: In | MicrosoftGatedDeltaNet, value?: In | MicrosoftGatedDeltaNet, cu_seqlens?: In | MicrosoftGatedDeltaNet, decay?: In | MicrosoftGatedDeltaNet, beta?: In | MicrosoftGatedDeltaNet, initial_state?: In | MicrosoftGatedDeltaNet, a_log?: In | MicrosoftGatedDeltaNet, dt_bias?: In | MicrosoftGatedDeltaNet, capture_count?: In | MicrosoftGatedDeltaNet, state_update_active?: In | MicrosoftGatedDeltaNet, attributes?: MicrosoftGatedDeltaNet): Term;
    GatedRMSNorm(X: In, scale: In, gate: In, attributes?: MicrosoftGatedRMSNorm): Term;
    GatedRelativePositionBias(query_layer: In, query_bias: In, rel_pos: In, weight: In, bias: In, eco_a: In, token_offset?: In | MicrosoftGatedRelativePositionBias, attributes?: MicrosoftGatedRelativePositionBias): Term;
    GatherBlockQuantized(data: In, indices: In, scales: In, zero_points?: In | MicrosoftGatherBlockQuantized, attributes?: MicrosoftGatherBlockQuantized): Term;
    GatherND(data: In, indices: In): Term;
    Gelu(X: In): Term;
    GemmFastGelu(X: In, W: In, bias?: In): Term;
    GemmFloat8(A: In, B: In, C?: In | MicrosoftGemmFloat8, scaleA?: In | MicrosoftGemmFloat8, scaleB?: In | MicrosoftGemmFloat8, scaleY?: In | MicrosoftGemmFloat8, attributes?: MicrosoftGemmFloat8): Term;
    GemmaRotaryEmbedding(emb: In, q: In, q_rot: In, k: In, k_rot: In): Term;
    GreedySearch(input_ids: In, max_length: In, min_length?: In | MicrosoftGreedySearch, repetition_penalty?: In | MicrosoftGreedySearch, vocab_mask?: In | MicrosoftGreedySearch, prefix_vocab_mask?: In | MicrosoftGreedySearch, attention_mask?: In | MicrosoftGreedySearch, attributes?: MicrosoftGreedySearch): Term;
    GridSample(X: In, Grid: In, attributes?: MicrosoftGridSample): Term;
    GroupNorm(X: In, gamma: In, beta: In, attributes?: MicrosoftGroupNorm): Term;
    GroupQueryAttention(query: In, key: In, value: In, past_key: In, past_value: In, seqlens_k: In, total_sequence_length: In, cos_cache?: In | MicrosoftGroupQueryAttention, sin_cache?: In | MicrosoftGroupQueryAttention, position_ids?: In | MicrosoftGroupQueryAttention, attention_bias?: In | MicrosoftGroupQueryAttention, head_sink?: In | MicrosoftGroupQueryAttention, k_scale?: In | MicrosoftGroupQueryAttention, v_scale?: In | MicrosoftGroupQueryAttention, q_norm_weight?: In | MicrosoftGroupQueryAttention, k_norm_weight?: In | MicrosoftGroupQueryAttention, attributes?: MicrosoftGroupQueryAttention): Term;
    HyperConnectionPostMix(streams: In, block_output: In, post_mix: In, stream_mix?: In | MicrosoftHyperConnectionPostMix, attributes?: MicrosoftHyperConnectionPostMix): Term;
    HyperConnectionPreMix(streams: In, pre_mix: In, attributes?: MicrosoftHyperConnectionPreMix): Term;
    Inverse(X: In): Term;
    Irfft(X: In, attributes?: MicrosoftIrfft): Term;
    IsAllFinite(...input: readonly (In | MicrosoftIsAllFinite)[]): Term;
    LinearAttention(query: In, key: In, value: In, past_state?: In | MicrosoftLinearAttention, decay?: In | MicrosoftLinearAttention, beta?: In | MicrosoftLinearAttention, attributes?: MicrosoftLinearAttention): Term;
    LinearAttentionGate(a: In, dt_bias: In, decay_scale: In, b?: In): Term;
    LongformerAttention(input: In, weight: In, bias: In, mask: In, global_weight: In, global_bias: In, global: In, attributes?: MicrosoftLongformerAttention): Term;
    MRotaryEmbedding(input: In, position_ids: In, cos_cache: In, sin_cache: In, attributes?: MicrosoftMRotaryEmbedding): Term;
    MatMulBlockQuantizedFp4Weight(A: In, B: In, weight_scale: In, weight_scale_2: In, input_scale?: In | MicrosoftMatMulBlockQuantizedFp4Weight, bias?: In | MicrosoftMatMulBlockQuantizedFp4Weight, attributes?: MicrosoftMatMulBlockQuantizedFp4Weight): Term;
    MatMulBlockQuantizedFp8Weight(A: In, B: In, b_scale: In, a_scale?: In | MicrosoftMatMulBlockQuantizedFp8Weight, bias?: In | MicrosoftMatMulBlockQuantizedFp8Weight, attributes?: MicrosoftMatMulBlockQuantizedFp8Weight): Term;
    MatMulBnb4(A: In, B: In, absmax: In, attributes?: MicrosoftMatMulBnb4): Term;
    MatMulFpQ4(A: In, B: In, B_shape: In, attributes?: MicrosoftMatMulFpQ4): Term;
    MatMulInteger16(A: In, B: In): Term;
    MatMulIntegerToFloat(A: In, B: In, a_scale: In, b_scale: In, a_zero_point?: In, b_zero_point?: In, bias?: In): Term;
    MatMulNBits(A: In, B: In, scales: In, zero_points?: In | MicrosoftMatMulNBits, g_idx?: In | MicrosoftMatMulNBits, bias?: In | MicrosoftMatMulNBits, attributes?: MicrosoftMatMulNBits): Term;
    MatMulNBitsMlp(A: In, skip: In, norm_scale: In, gate_B: In, gate_scales: In, gate_bias: In, up_B: In, up_scales: In, up_bias?: In | MicrosoftMatMulNBitsMlp, attributes?: MicrosoftMatMulNBitsMlp): Term;
    MatMulNBitsQkv(A: In, skip: In, norm_scale: In, q_B: In, q_scales: In, q_bias: In, k_B: In, k_scales: In, k_bias: In, v_B: In, v_scales: In, v_bias?: In | MicrosoftMatMulNBitsQkv, attributes?: MicrosoftMatMulNBitsQkv): Term;
    MaxpoolWithMask(X: In, M: In, attributes?: MicrosoftMaxpoolWithMask): Term;
    MoE(input: In, router_probs: In, fc1_experts_weights: In, fc1_experts_bias: In, fc2_experts_weights: In, fc2_experts_bias?: In | MicrosoftMoE, fc3_experts_weights?: In | MicrosoftMoE, fc3_experts_bias?: In | MicrosoftMoE, attributes?: MicrosoftMoE): Term;
    MulInteger(A: In, A_zero_point: In, B: In, B_zero_point?: In): Term;
    MultiHeadAttention(query: In, key?: In | MicrosoftMultiHeadAttention, value?: In | MicrosoftMultiHeadAttention, bias?: In | MicrosoftMultiHeadAttention, key_padding_mask?: In | MicrosoftMultiHeadAttention, attention_bias?: In | MicrosoftMultiHeadAttention, past_key?: In | MicrosoftMultiHeadAttention, past_value?: In | MicrosoftMultiHeadAttention, past_sequence_length?: In | MicrosoftMultiHeadAttention, cache_indirection?: In | MicrosoftMultiHeadAttention, attributes?: MicrosoftMultiHeadAttention): Term;
    MurmurHash3(X: In, attributes?: MicrosoftMurmurHash3): Term;
    NGramHashMapping(input_ids: In, multipliers: In, vocab_sizes: In, past_ids?: In | MicrosoftNGramHashMapping, head_offsets?: In | MicrosoftNGramHashMapping, eos_token_id?: In | MicrosoftNGramHashMapping, segment_ids?: In | MicrosoftNGramHashMapping, attributes?: MicrosoftNGramHashMapping): Term;
    NGramRepeatBlock(input_ids: In, scores: In, attributes?: MicrosoftNGramRepeatBlock): Term;
    NhwcConv(X: In, W: In, B?: In | MicrosoftNhwcConv, attributes?: MicrosoftNhwcConv): Term;
    NhwcFusedConv(X: In, W: In, B?: In | MicrosoftNhwcFusedConv, Z?: In | MicrosoftNhwcFusedConv, attributes?: MicrosoftNhwcFusedConv): Term;
    NhwcMaxPool(x: In, attributes?: MicrosoftNhwcMaxPool): Term;
    PackedAttention(input: In, weights: In, bias: In, token_offset: In, cumulative_sequence_length: In, attention_bias?: In | MicrosoftPackedAttention, attributes?: MicrosoftPackedAttention): Term;
    PackedMultiHeadAttention(query: In, key: In, value: In, bias: In, token_offset: In, cumulative_sequence_length: In, attention_bias?: In | MicrosoftPackedMultiHeadAttention, attributes?: MicrosoftPackedMultiHeadAttention): Term;
    PackedSparseAttentionIndexer(query: In, key: In, query_norm_weight: In, key_norm_weight: In, cos_cache: In, sin_cache: In, cumulative_sequence_lengths: In, past_sequence_lengths: In, gate: In, position_bias: In, head_weights: In, position_ids: In, past_key_state: In, past_kv_buffer: In, past_gate_buffer: In, past_state_lengths: In, state_update_capture_count?: In | MicrosoftPackedSparseAttentionIndexer, state_update_active?: In | MicrosoftPackedSparseAttentionIndexer, attributes?: MicrosoftPackedSparseAttentionIndexer): Term;
    Pad(data: In, pads: In, value?: In | MicrosoftPad, attributes?: MicrosoftPad): Term;
    PagedAttention(query: In, key: In, value: In, key_cache: In, value_cache: In, cumulative_sequence_length: In, past_seqlens: In, block_table: In, cos_cache?: In | MicrosoftPagedAttention, sin_cache?: In | MicrosoftPagedAttention, slot_mapping?: In | MicrosoftPagedAttention, head_sink?: In | MicrosoftPagedAttention, q_norm_weight?: In | MicrosoftPagedAttention, k_norm_weight?: In | MicrosoftPagedAttention, k_scale?: In | MicrosoftPagedAttention, v_scale?: In | MicrosoftPagedAttention, attention_metadata?: In | MicrosoftPagedAttention, attributes?: MicrosoftPagedAttention): Term;
    QAttention(input: In, weight: In, bias: In, input_scale: In, weight_scale: In, mask_index?: In | MicrosoftQAttention, input_zero_point?: In | MicrosoftQAttention, weight_zero_point?: In | MicrosoftQAttention, past?: In | MicrosoftQAttention, attributes?: MicrosoftQAttention): Term;
    QEmbedLayerNormalization(input_ids: In, segment_ids: In, word_embedding_quant: In, position_embedding_quant: In, segment_embedding: In, gamma_quant: In, beta_quant: In, mask: In, word_embedding_scale: In, position_embedding_scale: In, segment_embedding_scale: In, gamma_scale: In, beta_scale: In, word_embedding_zero_point: In, position_embedding_zero_point: In, segment_embedding_zero_point: In, gamma_zero_point: In, beta_zero_point: In, attributes?: MicrosoftQEmbedLayerNormalization): Term;
    QGemm(A: In, a_scale: In, a_zero_point: In, B: In, b_scale: In, b_zero_point: In, C?: In | MicrosoftQGemm, y_scale?: In | MicrosoftQGemm, y_zero_point?: In | MicrosoftQGemm, attributes?: MicrosoftQGemm): Term;
    QLinearAdd(A: In, A_scale: In, A_zero_point: In, B: In, B_scale: In, B_zero_point: In, C_scale: In, C_zero_point?: In): Term;
    QLinearAveragePool(X: In, x_scale: In, x_zero_point: In, y_scale: In, y_zero_point?: In | MicrosoftQLinearAveragePool, attributes?: MicrosoftQLinearAveragePool): Term;
    QLinearConcat(Y_scale: In, Y_zero_point: In, ...inputs: readonly (In | MicrosoftQLinearConcat)[]): Term;
    QLinearConv(x: In, x_scale: In, x_zero_point: In, w: In, w_scale: In, w_zero_point: In, y_scale: In, y_zero_point: In, B?: In | MicrosoftQLinearConv, attributes?: MicrosoftQLinearConv): Term;
    QLinearGlobalAveragePool(X: In, x_scale: In, x_zero_point: In, y_scale: In, y_zero_point: In, attributes?: MicrosoftQLinearGlobalAveragePool): Term;
    QLinearLeakyRelu(X: In, X_scale: In, X_zero_point: In, Y_scale: In, Y_zero_point?: In | MicrosoftQLinearLeakyRelu, attributes?: MicrosoftQLinearLeakyRelu): Term;
    QLinearMul(A: In, A_scale: In, A_zero_point: In, B: In, B_scale: In, B_zero_point: In, C_scale: In, C_zero_point?: In): Term;
    QLinearReduceMean(data: In, data_scale: In, data_zero_point: In, reduced_scale: In, reduced_zero_point?: In | MicrosoftQLinearReduceMean, attributes?: MicrosoftQLinearReduceMean): Term;
    QLinearSigmoid(X: In, X_scale: In, X_zero_point: In, Y_scale: In, Y_zero_point?: In): Term;
    QLinearSoftmax(X: In, X_scale: In, x_zero_point: In, y_scale: In, y_zero_point: In, attributes?: MicrosoftQLinearSoftmax): Term;
    QLinearWhere(condition: In, X: In, x_scale: In, x_zero_point: In, Y: In, y_scale: In, y_zero_point: In, z_scale: In, z_zero_point: In): Term;
    QMoE(input: In, router_probs: In, fc1_experts_weights: In, fc1_scales: In, fc1_experts_bias: In, fc2_experts_weights: In, fc2_scales?: In | MicrosoftQMoE, fc2_experts_bias?: In | MicrosoftQMoE, fc3_experts_weights?: In | MicrosoftQMoE, fc3_scales?: In | MicrosoftQMoE, fc3_experts_bias?: In | MicrosoftQMoE, fc1_zero_points?: In | MicrosoftQMoE, fc2_zero_points?: In | MicrosoftQMoE, fc3_zero_points?: In | MicrosoftQMoE, router_weights?: In | MicrosoftQMoE, fc1_global_scale?: In | MicrosoftQMoE, fc2_global_scale?: In | MicrosoftQMoE, fc1_act_scale?: In | MicrosoftQMoE, fc2_act_scale?: In | MicrosoftQMoE, fc1_act_block_scale?: In | MicrosoftQMoE, fc2_act_block_scale?: In | MicrosoftQMoE, attributes?: MicrosoftQMoE): Term;
    QOrderedAttention(input: In, scale_input: In, scale_Q_gemm: In, scale_K_gemm: In, scale_V_gemm: In, Q_weight: In, K_weight: In, V_weight: In, scale_Q_weight: In, scale_K_weight: In, scale_V_weight: In, Q_bias: In, K_bias: In, V_bias: In, scale_QKT_gemm: In, scale_QKT_softmax: In, scale_values_gemm: In, mask_index?: In | MicrosoftQOrderedAttention, past?: In | MicrosoftQOrderedAttention, attention_bias?: In | MicrosoftQOrderedAttention, attributes?: MicrosoftQOrderedAttention): Term;
    QOrderedGelu(X: In, scale_X: In, scale_Y: In, attributes?: MicrosoftQOrderedGelu): Term;
    QOrderedLayerNormalization(X: In, scale_X: In, scale: In, B: In, scale_Y: In, attributes?: MicrosoftQOrderedLayerNormalization): Term;
    QOrderedLongformerAttention(input: In, scale_input: In, weight: In, scale_weight: In, bias: In, scale_bias: In, scale_qkv_gemm: In, mask: In, global_weight: In, scale_global_weight: In, global_bias: In, scale_global_gemm: In, global: In, scale_output: In, attributes?: MicrosoftQOrderedLongformerAttention): Term;
    QOrderedMatMul(A: In, scale_A: In, B: In, scale_B: In, scale_Y: In, bias?: In | MicrosoftQOrderedMatMul, C?: In | MicrosoftQOrderedMatMul, scale_C?: In | MicrosoftQOrderedMatMul, attributes?: MicrosoftQOrderedMatMul): Term;
    QuantizeBFP(x: In, attributes?: MicrosoftQuantizeBFP): Term;
    QuantizeLinear(x: In, y_scale: In, y_zero_point?: In | MicrosoftQuantizeLinear, attributes?: MicrosoftQuantizeLinear): Term;
    QuantizeWithOrder(input: In, scale_input: In, attributes?: MicrosoftQuantizeWithOrder): Term;
    QuickGelu(X: In, attributes?: MicrosoftQuickGelu): Term;
    Range(start: In, limit: In, delta?: In): Term;
    ReduceSumInteger(data: In, attributes?: MicrosoftReduceSumInteger): Term;
    RelativePositionBias(bias_table: In, query_length: In, key_length: In, attributes?: MicrosoftRelativePositionBias): Term;
    RemovePadding(input: In, sequence_token_count: In): Term;
    RestorePadding(input: In, token_offset: In): Term;
    Rfft(X: In, attributes?: MicrosoftRfft): Term;
    RotaryEmbedding(input: In, position_ids: In, cos_cache: In, sin_cache: In, attributes?: MicrosoftRotaryEmbedding): Term;
    SampleOp(X: In): Term;
    Sampling(input_ids: In, max_length: In, min_length?: In | MicrosoftSampling, repetition_penalty?: In | MicrosoftSampling, vocab_mask?: In | MicrosoftSampling, prefix_vocab_mask?: In | MicrosoftSampling, attention_mask?: In | MicrosoftSampling, presence_mask?: In | MicrosoftSampling, seed?: In | MicrosoftSampling, attributes?: MicrosoftSampling): Term;
    ScaledSiLU(X: In, scale?: In | MicrosoftScaledSiLU, attributes?: MicrosoftScaledSiLU): Term;
    SkipGroupNorm(X: In, gamma: In, beta: In, skip: In, bias?: In | MicrosoftSkipGroupNorm, attributes?: MicrosoftSkipGroupNorm): Term;
    SkipLayerNormalization(input: In, skip: In, gamma: In, beta?: In | MicrosoftSkipLayerNormalization, bias?: In | MicrosoftSkipLayerNormalization, attributes?: MicrosoftSkipLayerNormalization): Term;
    SkipSimplifiedLayerNormalization(input: In, skip: In, gamma: In, bias?: In | MicrosoftSkipSimplifiedLayerNormalization, attributes?: MicrosoftSkipSimplifiedLayerNormalization): Term;
    Snpe(...inputs: readonly (In | MicrosoftSnpe)[]): Term;
    SparseAttention(query: In, key: In, value: In, past_key: In, past_value: In, block_row_indices: In, block_col_indices: In, total_sequence_length: In, key_total_sequence_lengths: In, cos_cache?: In | MicrosoftSparseAttention, sin_cache?: In | MicrosoftSparseAttention, attributes?: MicrosoftSparseAttention): Term;
    SparseAttentionIndexer(query: In, key: In, query_norm_weight: In, key_norm_weight: In, cos_cache: In, sin_cache: In, mask: In, past_key: In, gate?: In | MicrosoftSparseAttentionIndexer, position_bias?: In | MicrosoftSparseAttentionIndexer, head_weights?: In | MicrosoftSparseAttentionIndexer, position_ids?: In | MicrosoftSparseAttentionIndexer, past_sequence_length?: In | MicrosoftSparseAttentionIndexer, past_proj_buffer?: In | MicrosoftSparseAttentionIndexer, attributes?: MicrosoftSparseAttentionIndexer): Term;
    SparsePagedAttention(query: In, key: In, value: In, key_cache: In, value_cache: In, cumulative_sequence_length: In, past_seqlens: In, block_table: In, slot_mapping: In, selected_indices: In, selected_counts: In, auxiliary_key?: In | MicrosoftSparsePagedAttention, auxiliary_value?: In | MicrosoftSparsePagedAttention, auxiliary_lengths?: In | MicrosoftSparsePagedAttention, cos_cache?: In | MicrosoftSparsePagedAttention, sin_cache?: In | MicrosoftSparsePagedAttention, head_sink?: In | MicrosoftSparsePagedAttention, q_norm_weight?: In | MicrosoftSparsePagedAttention, k_norm_weight?: In | MicrosoftSparsePagedAttention, k_scale?: In | MicrosoftSparsePagedAttention, v_scale?: In | MicrosoftSparsePagedAttention, attention_metadata?: In | MicrosoftSparsePagedAttention, attributes?: MicrosoftSparsePagedAttention): Term;
    SparseToDenseMatMul(A: In, B: In, attributes?: MicrosoftSparseToDenseMatMul): Term;
    Tokenizer(X: In, attributes?: MicrosoftTokenizer): Term;
    TorchEmbedding(weight: In, indices: In, padding_idx?: In, scale_grad_by_freq?: In): Term;
    TransposeMatMul(A: In, B: In, attributes?: MicrosoftTransposeMatMul): Term;
    Trilu(X: In, k?: In | MicrosoftTrilu, attributes?: MicrosoftTrilu): Term;
    UnfoldTensor(input: In, attributes?: MicrosoftUnfoldTensor): Term;
    Unique(x: In): Term;
    VarlenCausalConvWithState(input: In, weight: In, cumulative_sequence_length: In, bias: In, initial_state: In, capture_count?: In | MicrosoftVarlenCausalConvWithState, attributes?: MicrosoftVarlenCausalConvWithState): Term;
    VarlenNGramHashMapping(input_ids: In, multipliers: In, vocab_sizes: In, cumulative_sequence_length: In, past_ids?: In | MicrosoftVarlenNGramHashMapping, head_offsets?: In | MicrosoftVarlenNGramHashMapping, eos_token_id?: In | MicrosoftVarlenNGramHashMapping, segment_ids?: In | MicrosoftVarlenNGramHashMapping, past_segment_ids?: In | MicrosoftVarlenNGramHashMapping, capture_count?: In | MicrosoftVarlenNGramHashMapping, attributes?: MicrosoftVarlenNGramHashMapping): Term;
    WhisperBeamSearch(input_ids: In, max_length: In, min_length: In, num_beams: In, num_return_sequences: In, length_penalty?: In | MicrosoftWhisperBeamSearch, repetition_penalty?: In | MicrosoftWhisperBeamSearch, vocab_mask?: In | MicrosoftWhisperBeamSearch, prefix_vocab_mask?: In | MicrosoftWhisperBeamSearch, attention_mask?: In | MicrosoftWhisperBeamSearch, decoder_input_ids?: In | MicrosoftWhisperBeamSearch, logits_processor?: In | MicrosoftWhisperBeamSearch, cross_qk_layer_head?: In | MicrosoftWhisperBeamSearch, extra_decoding_ids?: In | MicrosoftWhisperBeamSearch, temperature?: In | MicrosoftWhisperBeamSearch, attributes?: MicrosoftWhisperBeamSearch): Term;
    WordConvEmbedding(Sequence: In, W: In, B: In, C: In, attributes?: MicrosoftWordConvEmbedding): Term;
}
export interface NearMiss {
    readonly rule: string;
    readonly node: string;
    readonly reason: string;
    readonly at: string;
    readonly progress: number;
}
export interface Node {
    readonly op: string;
    readonly domain: string;
    readonly overload?: string;
    readonly name: string;
    readonly inputs: readonly string[];
    readonly outputs: readonly string[];
    readonly attributes: ReadonlyMap<string, Attribute>;
    readonly origins: readonly string[];
    readonly doc?: string;
    readonly metadata?: ReadonlyMap<string, string>;
    readonly extra?: Extra;
}
export interface NodeFields {
    readonly op: string;
    readonly domain?: string;
    readonly name?: string;
    readonly inputs: readonly string[];
    readonly outputs?: readonly string[];
    readonly attributes?: ReadonlyMap<string, Attribute>;
    readonly origins?: readonly string[];
    readonly metadata?: ReadonlyMap<string, string>;
}
export interface NormParameters {
    readonly gamma: Tensor;
    readonly beta: Tensor;
    readonly mean: Tensor;
    readonly variance: Tensor;
}
export interface OnnxOperators {
    Abs(X: In): Term;
    Acos(input: In): Term;
    Acosh(input: In): Term;
    Add(A: In, B: In): Term;
    Affine(X: In, attributes?: OnnxAffine): Term;
    AffineGrid(theta: In, size: In, attributes?: OnnxAffineGrid): Term;
    And(A: In, B: In): Term;
    ArgMax(data: In, attributes?: OnnxArgMax): Term;
    ArgMin(data: In, attributes?: OnnxArgMin): Term;
    Asin(input: In): Term;
    Asinh(input: In): Term;
    Atan(input: In): Term;
    Atanh(input: In): Term;
    Attention(Q: In, K: In, V: In, attn_mask?: In | OnnxAttention, past_key?: In | OnnxAttention, past_value?: In | OnnxAttention, nonpad_kv_seqlen?: In | OnnxAttention, attributes?: OnnxAttention): Term;
    AveragePool(X: In, attributes?: OnnxAveragePool): Term;
    BatchNormalization(X: In, scale: In, B: In, input_mean: In, input_var: In, attributes?: OnnxBatchNormalization): Term;
    Bernoulli(input: In, attributes?: OnnxBernoulli): Term;
    BitCast(input: In, attributes?: OnnxBitCast): Term;
    BitShift(X: In, Y: In, attributes?: OnnxBitShift): Term;
    BitwiseAnd(A: In, B: In): Term;
    BitwiseNot(X: In): Term;
    BitwiseOr(A: In, B: In): Term;
    BitwiseXor(A: In, B: In): Term;
    BlackmanWindow(size: In, attributes?: OnnxBlackmanWindow): Term;
    Cast(input: In, attributes?: OnnxCast): Term;
    CastLike(input: In, target_type: In, attributes?: OnnxCastLike): Term;
    CausalConvWithState(input: In, weight: In, bias?: In | OnnxCausalConvWithState, past_state?: In | OnnxCausalConvWithState, attributes?: OnnxCausalConvWithState): Term;
    Ceil(X: In): Term;
    Celu(X: In, attributes?: OnnxCelu): Term;
    CenterCropPad(input_data: In, shape: In, attributes?: OnnxCenterCropPad): Term;
    Clip(input: In, min?: In | OnnxClip, max?: In | OnnxClip, attributes?: OnnxClip): Term;
    Col2Im(input: In, image_shape: In, block_shape: In, attributes?: OnnxCol2Im): Term;
    Compress(input: In, condition: In, attributes?: OnnxCompress): Term;
    Concat(...inputs: readonly (In | OnnxConcat)[]): Term;
    ConcatFromSequence(input_sequence: In, attributes?: OnnxConcatFromSequence): Term;
    Constant(attributes?: OnnxConstant): Term;
    ConstantOfShape(input: In, attributes?: OnnxConstantOfShape): Term;
    Conv(X: In, W: In, B?: In | OnnxConv, attributes?: OnnxConv): Term;
    ConvInteger(x: In, w: In, x_zero_point?: In | OnnxConvInteger, w_zero_point?: In | OnnxConvInteger, attributes?: OnnxConvInteger): Term;
    ConvTranspose(X: In, W: In, B?: In | OnnxConvTranspose, attributes?: OnnxConvTranspose): Term;
    Cos(input: In): Term;
    Cosh(input: In): Term;
    Crop(input: In, attributes?: OnnxCrop): Term;
    CumProd(x: In, axis: In, attributes?: OnnxCumProd): Term;
    CumSum(x: In, axis: In, attributes?: OnnxCumSum): Term;
    DFT(input: In, dft_length?: In | OnnxDFT, axis?: In | OnnxDFT, attributes?: OnnxDFT): Term;
    DeformConv(X: In, W: In, offset: In, B?: In | OnnxDeformConv, mask?: In | OnnxDeformConv, attributes?: OnnxDeformConv): Term;
    DepthToSpace(input: In, attributes?: OnnxDepthToSpace): Term;
    DequantizeLinear(x: In, x_scale: In, x_zero_point?: In | OnnxDequantizeLinear, attributes?: OnnxDequantizeLinear): Term;
    Det(X: In): Term;
    Div(A: In, B: In): Term;
    Dropout(data: In, ratio?: In | OnnxDropout, training_mode?: In | OnnxDropout, attributes?: OnnxDropout): Term;
    DynamicQuantizeLinear(x: In): Term;
    DynamicSlice(data: In, starts: In, ends: In, axes?: In): Term;
    Einsum(...Inputs: readonly (In | OnnxEinsum)[]): Term;
    Elu(X: In, attributes?: OnnxElu): Term;
    Equal(A: In, B: In): Term;
    Erf(input: In): Term;
    Exp(input: In): Term;
    Expand(input: In, shape: In): Term;
    EyeLike(input: In, attributes?: OnnxEyeLike): Term;
    Flatten(input: In, attributes?: OnnxFlatten): Term;
    Floor(X: In): Term;
    GRU(X: In, W: In, R: In, B?: In | OnnxGRU, sequence_lens?: In | OnnxGRU, initial_h?: In | OnnxGRU, attributes?: OnnxGRU): Term;
    GRUUnit(hidden_prev: In, gates: In, seq_lengths: In, t: In, attributes?: OnnxGRUUnit): Term;
    Gather(data: In, indices: In, attributes?: OnnxGather): Term;
    GatherElements(data: In, indices: In, attributes?: OnnxGatherElements): Term;
    GatherND(data: In, indices: In, attributes?: OnnxGatherND): Term;
    Gelu(X: In, attributes?: OnnxGelu): Term;
    Gemm(A: In, B: In, C?: In | OnnxGemm, attributes?: OnnxGemm): Term;
    GivenTensorFill(shape?: In | OnnxGivenTensorFill, attributes?: OnnxGivenTensorFill): Term;
    GlobalAveragePool(X: In): Term;
    GlobalLpPool(X: In, attributes?: OnnxGlobalLpPool): Term;
    GlobalMaxPool(X: In): Term;
    Greater(A: In, B: In): Term;
    GreaterOrEqual(A: In, B: In): Term;
    GridSample(X: In, grid: In, attributes?: OnnxGridSample): Term;
    GroupNormalization(X: In, scale: In, bias: In, attributes?: OnnxGroupNormalization): Term;
    HammingWindow(size: In, attributes?: OnnxHammingWindow): Term;
    HannWindow(size: In, attributes?: OnnxHannWindow): Term;
    HardSigmoid(X: In, attributes?: OnnxHardSigmoid): Term;
    HardSwish(X: In): Term;
    Hardmax(input: In, attributes?: OnnxHardmax): Term;
    Identity(input: In): Term;
    If(cond: In, attributes?: OnnxIf): Term;
    ImageDecoder(encoded_stream: In, attributes?: OnnxImageDecoder): Term;
    ImageScaler(input: In, attributes?: OnnxImageScaler): Term;
    InstanceNormalization(input: In, scale: In, B: In, attributes?: OnnxInstanceNormalization): Term;
    IsInf(X: In, attributes?: OnnxIsInf): Term;
    IsNaN(X: In): Term;
    LRN(X: In, attributes?: OnnxLRN): Term;
    LSTM(X: In, W: In, R: In, B?: In | OnnxLSTM, sequence_lens?: In | OnnxLSTM, initial_h?: In | OnnxLSTM, initial_c?: In | OnnxLSTM, P?: In | OnnxLSTM, attributes?: OnnxLSTM): Term;
    LayerNormalization(X: In, Scale: In, B?: In | OnnxLayerNormalization, attributes?: OnnxLayerNormalization): Term;
    LeakyRelu(X: In, attributes?: OnnxLeakyRelu): Term;
    Less(A: In, B: In): Term;
    LessOrEqual(A: In, B: In): Term;
    LinearAttention(query: In, key: In, value: In, past_state?: In | OnnxLinearAttention, decay?: In | OnnxLinearAttention, beta?: In | OnnxLinearAttention, attributes?: OnnxLinearAttention): Term;
    Log(input: In): Term;
    LogSoftmax(input: In, attributes?: OnnxLogSoftmax): Term;
    Loop(M: In, cond: In, ...v_initial: readonly (In | OnnxLoop)[]): Term;
    LpNormalization(input: In, attributes?: OnnxLpNormalization): Term;
    LpPool(X: In, attributes?: OnnxLpPool): Term;
    MatMul(A: In, B: In): Term;
    MatMulInteger(A: In, B: In, a_zero_point?: In, b_zero_point?: In): Term;
    Max(...data_0: readonly (In)[]): Term;
    MaxPool(X: In, attributes?: OnnxMaxPool): Term;
    MaxRoiPool(X: In, rois: In, attributes?: OnnxMaxRoiPool): Term;
    MaxUnpool(X: In, I: In, output_shape?: In | OnnxMaxUnpool, attributes?: OnnxMaxUnpool): Term;
    Mean(...data_0: readonly (In)[]): Term;
    MeanVarianceNormalization(X: In, attributes?: OnnxMeanVarianceNormalization): Term;
    MelWeightMatrix(num_mel_bins: In, dft_length: In, sample_rate: In, lower_edge_hertz: In, upper_edge_hertz: In, attributes?: OnnxMelWeightMatrix): Term;
    Min(...data_0: readonly (In)[]): Term;
    Mish(X: In): Term;
    Mod(A: In, B: In, attributes?: OnnxMod): Term;
    Mul(A: In, B: In): Term;
    Multinomial(input: In, attributes?: OnnxMultinomial): Term;
    Neg(X: In): Term;
    NegativeLogLikelihoodLoss(input: In, target: In, weight?: In | OnnxNegativeLogLikelihoodLoss, attributes?: OnnxNegativeLogLikelihoodLoss): Term;
    NonMaxSuppression(boxes: In, scores: In, max_output_boxes_per_class?: In | OnnxNonMaxSuppression, iou_threshold?: In | OnnxNonMaxSuppression, score_threshold?: In | OnnxNonMaxSuppression, attributes?: OnnxNonMaxSuppression): Term;
    NonZero(X: In): Term;
    Not(X: In): Term;
    OneHot(indices: In, depth: In, values: In, attributes?: OnnxOneHot): Term;
    Optional(input?: In | OnnxOptional, attributes?: OnnxOptional): Term;
    OptionalGetElement(input: In): Term;
    OptionalHasElement(input?: In): Term;
    Or(A: In, B: In): Term;
    PRelu(X: In, slope: In): Term;
    Pad(data: In, pads?: In | OnnxPad, constant_value?: In | OnnxPad, axes?: In | OnnxPad, attributes?: OnnxPad): Term;
    ParametricSoftplus(X: In, attributes?: OnnxParametricSoftplus): Term;
    Pow(X: In, Y: In): Term;
    QLinearConv(x: In, x_scale: In, x_zero_point: In, w: In, w_scale: In, w_zero_point: In, y_scale: In, y_zero_point: In, B?: In | OnnxQLinearConv, attributes?: OnnxQLinearConv): Term;
    QLinearMatMul(a: In, a_scale: In, a_zero_point: In, b: In, b_scale: In, b_zero_point: In, y_scale: In, y_zero_point: In): Term;
    QuantizeLinear(x: In, y_scale: In, y_zero_point?: In | OnnxQuantizeLinear, attributes?: OnnxQuantizeLinear): Term;
    RMSNormalization(X: In, scale: In, attributes?: OnnxRMSNormalization): Term;
    RNN(X: In, W: In, R: In, B?: In | OnnxRNN, sequence_lens?: In | OnnxRNN, initial_h?: In | OnnxRNN, attributes?: OnnxRNN): Term;
    RandomNormal(attributes?: OnnxRandomNormal): Term;
    RandomNormalLike(input: In, attributes?: OnnxRandomNormalLike): Term;
    RandomUniform(attributes?: OnnxRandomUniform): Term;
    RandomUniformLike(input: In, attributes?: OnnxRandomUniformLike): Term;
    Range(start: In, limit: In, delta: In, attributes?: OnnxRange): Term;
    Reciprocal(X: In): Term;
    ReduceL1(data: In, axes?: In | OnnxReduceL1, attributes?: OnnxReduceL1): Term;
    ReduceL2(data: In, axes?: In | OnnxReduceL2, attributes?: OnnxReduceL2): Term;
    ReduceLogSum(data: In, axes?: In | OnnxReduceLogSum, attributes?: OnnxReduceLogSum): Term;
    ReduceLogSumExp(data: In, axes?: In | OnnxReduceLogSumExp, attributes?: OnnxReduceLogSumExp): Term;
    ReduceMax(data: In, axes?: In | OnnxReduceMax, attributes?: OnnxReduceMax): Term;
    ReduceMean(data: In, axes?: In | OnnxReduceMean, attributes?: OnnxReduceMean): Term;
    ReduceMin(data: In, axes?: In | OnnxReduceMin, attributes?: OnnxReduceMin): Term;
    ReduceProd(data: In, axes?: In | OnnxReduceProd, attributes?: OnnxReduceProd): Term;
    ReduceSum(data: In, axes?: In | OnnxReduceSum, attributes?: OnnxReduceSum): Term;
    ReduceSumSquare(data: In, axes?: In | OnnxReduceSumSquare, attributes?: OnnxReduceSumSquare): Term;
    RegexFullMatch(X: In, attributes?: OnnxRegexFullMatch): Term;
    Relu(X: In): Term;
    Reshape(data: In, shape: In, attributes?: OnnxReshape): Term;
    Resize(X: In, roi?: In | OnnxResize, scales?: In | OnnxResize, sizes?: In | OnnxResize, attributes?: OnnxResize): Term;
    ReverseSequence(input: In, sequence_lens: In, attributes?: OnnxReverseSequence): Term;
    RoiAlign(X: In, rois: In, batch_indices: In, attributes?: OnnxRoiAlign): Term;
    RotaryEmbedding(X: In, cos_cache: In, sin_cache: In, position_ids?: In | OnnxRotaryEmbedding, attributes?: OnnxRotaryEmbedding): Term;
    Round(X: In): Term;
    STFT(signal: In, frame_step: In, window?: In | OnnxSTFT, frame_length?: In | OnnxSTFT, attributes?: OnnxSTFT): Term;
    Scale(input: In, attributes?: OnnxScale): Term;
    ScaledTanh(input: In, attributes?: OnnxScaledTanh): Term;
    Scan(sequence_lens: In, ...initial_state_and_scan_inputs: readonly (In | OnnxScan)[]): Term;
    Scatter(data: In, indices: In, updates: In, attributes?: OnnxScatter): Term;
    ScatterElements(data: In, indices: In, updates: In, attributes?: OnnxScatterElements): Term;
    ScatterND(data: In, indices: In, updates: In, attributes?: OnnxScatterND): Term;
    Selu(X: In, attributes?: OnnxSelu): Term;
    SequenceAt(input_sequence: In, position: In): Term;
    SequenceConstruct(...inputs: readonly (In)[]): Term;
    SequenceEmpty(attributes?: OnnxSequenceEmpty): Term;
    SequenceErase(input_sequence: In, position?: In): Term;
    SequenceInsert(input_sequence: In, tensor: In, position?: In): Term;
    SequenceLength(input_sequence: In): Term;
    SequenceMap(input_sequence: In, ...additional_inputs: readonly (In | OnnxSequenceMap)[]): Term;
    Shape(data: In, attributes?: OnnxShape): Term;
    Shrink(input: In, attributes?: OnnxShrink): Term;
    Sigmoid(X: In): Term;
    Sign(input: In): Term;
    SimplifiedLayerNormalization(X: In, scale: In, attributes?: OnnxSimplifiedLayerNormalization): Term;
    Sin(input: In): Term;
    Sinh(input: In): Term;
    Size(data: In): Term;
    Slice(data: In, starts?: In | OnnxSlice, ends?: In | OnnxSlice, axes?: In | OnnxSlice, steps?: In | OnnxSlice, attributes?: OnnxSlice): Term;
    Softmax(input: In, attributes?: OnnxSoftmax): Term;
    SoftmaxCrossEntropyLoss(scores: In, labels: In, weights?: In | OnnxSoftmaxCrossEntropyLoss, attributes?: OnnxSoftmaxCrossEntropyLoss): Term;
    Softplus(X: In): Term;
    Softsign(input: In): Term;
    SpaceToDepth(input: In, attributes?: OnnxSpaceToDepth): Term;
    Split(input: In, split?: In | OnnxSplit, attributes?: OnnxSplit): Term;
    SplitToSequence(input: In, split?: In | OnnxSplitToSequence, attributes?: OnnxSplitToSequence): Term;
    Sqrt(X: In): Term;
    Squeeze(data: In, axes?: In | OnnxSqueeze, attributes?: OnnxSqueeze): Term;
    StringConcat(X: In, Y: In): Term;
    StringNormalizer(X: In, attributes?: OnnxStringNormalizer): Term;
    StringSplit(X: In, attributes?: OnnxStringSplit): Term;
    Sub(A: In, B: In): Term;
    Sum(...data_0: readonly (In)[]): Term;
    SwiGLU(A: In, B: In, attributes?: OnnxSwiGLU): Term;
    Swish(X: In, attributes?: OnnxSwish): Term;
    Tan(input: In): Term;
    Tanh(input: In): Term;
    TensorScatter(past_cache: In, update: In, write_indices?: In | OnnxTensorScatter, attributes?: OnnxTensorScatter): Term;
    TfIdfVectorizer(X: In, attributes?: OnnxTfIdfVectorizer): Term;
    ThresholdedRelu(X: In, attributes?: OnnxThresholdedRelu): Term;
    Tile(input: In, repeats: In): Term;
    TopK(X: In, K?: In | OnnxTopK, attributes?: OnnxTopK): Term;
    Transpose(data: In, attributes?: OnnxTranspose): Term;
    Trilu(input: In, k?: In | OnnxTrilu, attributes?: OnnxTrilu): Term;
    Unique(X: In, attributes?: OnnxUnique): Term;
    Unsqueeze(data: In, axes?: In | OnnxUnsqueeze, attributes?: OnnxUnsqueeze): Term;
    Upsample(X: In, scales?: In | OnnxUpsample, attributes?: OnnxUpsample): Term;
    Where(condition: In, X: In, Y: In): Term;
    Xor(A: In, B: In): Term;
}
export type Otherwise = {
    readonly value: string;
} | {
    readonly input: string;
} | 'zeros' | {
    readonly build: (branch: Draft, fresh: (hint: string) => string) => string;
};
export interface Parameter {
    readonly name: string;
    readonly type: string;
    readonly option: 'single' | 'optional' | 'variadic';
    readonly heterogeneous: boolean;
}
export interface ParseOptions {
    readonly tensors?: ReadonlyMap<string, Tensor>;
}
export interface Place {
    opset(domain?: string): number;
    readonly kind: 'graph' | 'function';
}
export type PlacedTensors = ReadonlyMap<string, ExternalPlace>;
export interface PrintOptions {
    readonly tensors?: TensorMode;
    readonly header?: boolean;
    readonly types?: boolean;
    readonly notes?: boolean;
}
export interface Problem {
    readonly code: ProblemCode;
    readonly severity: 'error' | 'warning';
    readonly message: string;
    readonly path: string;
    readonly node?: Node;
    readonly name?: string;
}
export type ProblemCode = 'duplicate-name' | 'shadowed-name' | 'undefined-name' | 'order' | 'missing-output' | 'outer-output' | 'duplicate-output' | 'initializer-type' | 'missing-opset' | 'unknown-operator' | 'deprecated-operator' | 'inputs' | 'outputs' | 'missing-input' | 'unknown-attribute' | 'missing-attribute' | 'attribute-type' | 'type' | 'nested-graph' | 'attribute-reference' | 'recursion' | 'duplicate-function' | 'function-attribute' | 'ir-version';
export interface ReadGraphOptions {
    readonly folder?: SourceFolder;
    readonly path?: string;
    readonly signal?: AbortSignal;
}
export interface ReadOptions {
    readonly offset?: number;
    readonly length?: number;
    readonly into?: Uint8Array;
    readonly signal?: AbortSignal;
}
export interface Refusal {
    readonly refused: string;
    readonly at?: string;
}
export type Replacement = Term | Value | Constant;
export interface RewriteOptions {
    readonly bound?: number;
    readonly mayReplace?: (node: Node) => boolean;
}
export interface Rewritten {
    readonly graph: Graph;
    readonly counts: Readonly<Record<string, number>>;
}
export interface Rule {
    readonly name: string;
    readonly variables: readonly Variable[];
    readonly alternatives: readonly (readonly Term[])[];
    readonly since: number;
    readonly before: number;
    readonly check: (bound: Bindings, place: Place) => true | Refusal;
    readonly build: (bound: Bindings, place: Place) => readonly Replacement[] | Refusal;
}
export interface RuleDefinition<D extends readonly Declaration[]> {
    readonly since?: number;
    readonly before?: number;
    readonly match: (variables: Leaves<D>) => Term | Choice | readonly Term[];
    readonly check?: (bound: Bound<D>, place: Place) => true | Refusal;
    readonly build: (bound: Bound<D>, place: Place) => Replacement | readonly Replacement[] | Refusal;
}
export interface Schema {
    readonly op: string;
    readonly domain: string;
    readonly since: number;
    readonly deprecated: boolean;
    readonly minInputs: number;
    readonly maxInputs: number;
    readonly minOutputs: number;
    readonly maxOutputs: number;
    readonly inputs: readonly Parameter[];
    readonly outputs: readonly Parameter[];
    readonly attributes: ReadonlyMap<string, AttributeSchema>;
    readonly types: ReadonlyMap<string, readonly string[]>;
    readonly runtimeOnly: boolean;
}
export interface Scope {
    readonly body: Body;
    readonly outer?: Scope;
    readonly path: string;
}
export interface Sha256 {
    update(bytes: Uint8Array): void;
    digest(): string;
}
export interface Sink {
    readonly name: string;
    create(path: string): Promise<SinkFile>;
    staged?(): Promise<SourceFolder>;
    remove?(path: string): Promise<void>;
    commit(): Promise<void>;
    abort(): Promise<void>;
}
export interface SinkFile {
    readonly path: string;
    reserve(size: number): Promise<void>;
    write(offset: number, bytes: Uint8Array): Promise<void>;
    read?(offset: number, into: Uint8Array): Promise<void>;
    copy?(source: Source): Promise<boolean>;
    close(): Promise<void>;
}
export type SinkLike = string | FileSystemDirectoryHandle | FileSystemFileHandle | WritableStream<Uint8Array> | Sink;
export interface Source {
    readonly name: string;
    readonly path?: string;
    readonly size: number;
    readonly key: string;
    read(offset: number, into: Uint8Array, signal?: AbortSignal): Promise<void>;
    close?(): Promise<void>;
}
export interface SourceFolder {
    readonly name: string;
    list(): Promise<readonly string[]>;
    open(path: string): Promise<Source | undefined>;
}
export type SourceLike = string | Uint8Array | ArrayBuffer | Blob | FileSystemFileHandle | ReadableStream<Uint8Array> | Source;
export interface SparseTensor {
    readonly shape: readonly number[];
    readonly values: Tensor;
    readonly indices: Tensor;
}
export interface Spill {
    write(offset: number, bytes: Uint8Array): Promise<void>;
    read(offset: number, into: Uint8Array): Promise<void>;
    close(): Promise<void>;
}
export interface Tensor {
    readonly dtype: DataType;
    readonly shape: readonly number[];
    readonly byteLength: number;
    readonly key: string;
    readonly data?: Uint8Array;
    readonly strings?: readonly string[];
    readonly rawStrings?: readonly Uint8Array[];
    readonly computed?: {
        readonly computation: Computation;
        readonly output: number;
    };
    read(options?: ReadOptions): Promise<Uint8Array>;
}
export type TensorMode = 'elide' | 'all';
export class Term {
    readonly call: Call;
    readonly output: number;
    readonly label: Variable | string | undefined;
    constructor(call: Call, output?: number, label?: Variable | string);
    as(label: Variable | string): Term;
    outputs(count: 1): readonly [
        Term
    ];
    outputs(count: 2): readonly [
        Term,
        Term
    ];
    outputs(count: 3): readonly [
        Term,
        Term,
        Term
    ];
    outputs(count: number): readonly Term[];
    shared(): Term;
}
export interface TransposedTwins {
    readonly weight: Weight;
    readonly twin: Weight;
    readonly evidence: string;
}
export interface TwinOptions {
    readonly minBytes?: number;
    readonly signal?: AbortSignal;
}
export interface TypeProblem {
    readonly at: string;
    readonly problem: string;
}
export type TypedArray = Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array | BigUint64Array;
export interface Use {
    readonly node: Node;
    readonly input?: number;
}
export class Value {
    readonly name: string;
    readonly scope: Scope;
    constructor(name: string, scope: Scope);
    get home(): Scope;
    get producer(): Node | undefined;
    get users(): readonly Use[];
    get isOutput(): boolean;
    get type(): ValueType | undefined;
    get dtype(): DataType | undefined;
    get shape(): readonly Dim[] | undefined;
    get tensor(): Tensor | undefined;
}
export interface ValueInfo {
    readonly name: string;
    readonly type?: ValueType;
    readonly doc?: string;
    readonly metadata?: ReadonlyMap<string, string>;
    readonly extra?: Extra;
}
export type ValueType = {
    readonly kind: 'tensor' | 'sparse-tensor';
    readonly dtype?: DataType;
    readonly shape?: readonly Dim[];
} | {
    readonly kind: 'sequence' | 'optional';
    readonly element: ValueType;
} | {
    readonly kind: 'map';
    readonly key: DataType;
    readonly value: ValueType;
};
export class Variable {
    readonly name: string;
    readonly kind: 'one' | 'optional' | 'rest';
    constructor(name: string, kind?: 'one' | 'optional' | 'rest');
}
export interface Visit {
    readonly scope: Scope;
    readonly node: Node;
}
export interface Weight {
    readonly name: string;
    readonly id: string;
    readonly tensor: Tensor;
    readonly scope: Scope;
    readonly storage: 'initializer' | 'constant';
    readonly uses: readonly WeightUse[];
    readonly isOutput: boolean;
    readonly origins: readonly string[];
}
export interface WeightUse {
    readonly node: Node;
    readonly input: number;
    readonly scope: Scope;
}
export type WriteBand = (output: number, offset: number, bytes: Uint8Array) => Promise<void> | void;
export interface WriteGraphOptions {
    readonly external?: 'auto' | 'never' | ExternalOptions | KeptData;
    readonly signal?: AbortSignal;
    readonly onProgress?: (done: number, total: number) => void;
}
export interface WrittenFile {
    readonly path: string;
    readonly bytes: number;
    readonly sha256: string;
}
export function anyOf(...terms: readonly (Term | Variable | Constant)[]): Choice;
export function assertValid(graph: Graph): void;
export function attributeOf(of: Attributed, name: string): Attribute | undefined;
export function blobSource(blob: Blob, name?: string): Source;
export function boundaryOf(body: Body, nodes: Iterable<Node>): Boundary;
export function broadcastsInto(value: Value, into: Value): boolean;
export function byteLengthOf(dtype: DataType, shape: readonly number[]): number;
export function bytesSource(bytes: Uint8Array, name?: string): Source;
export function call(domain: string, op: string, inputs: readonly In[], attributes?: Attributes<Readonly<Record<string, AttributeGiven>>>): Term;
export function channelScaled(scale: ChannelScale): {
    weights: Tensor;
    bias: Tensor;
} | Refusal;
export function check(graph: Graph): readonly Problem[];
export function chooseBranches(graph: Graph): Graph;
export function claimOf(origins: readonly string[], selected: (origin: string) => boolean): 'in' | 'out' | 'partial';
export function claims(graph: Body, selected: (origin: string) => boolean): Claims;
export const cleaning: readonly Rule[];
export function codesIntoBodies(graph: Graph): Graph;
export function computeTensors(computation: Computation): readonly Tensor[];
export function constant(of: Variable | Tensor, options?: ConstantOptions): Constant;
export function constantNumbers(value: Value | undefined): readonly number[] | undefined;
export function constantRegions(graph: Graph, { limitBytes }?: FoldShapesOptions): readonly ConstantRegion[];
export function constantTensor(node: Node): Tensor | undefined;
export const constantToInitializer: Rule;
export const convBatchNorm: Rule;
export function cpuKernelsOf(domain: string, op: string, opset: number): readonly Kernel[];
export function createSha256(): Sha256;
export function createSpill(size: number): Promise<Spill>;
export function dataTypeOfCode(code: number): DataType | undefined;
export function dataTypeOfText(text: string): DataType | undefined;
export const dataTypes: Readonly<Record<DataType, Row>>;
export function dedupeWeights(graph: Graph, options?: DedupeOptions): Promise<Graph>;
export function detachCaptures(graph: Graph): Graph;
export function difference(one: Body, other: Body, options?: DifferenceOptions): string | undefined;
export function digest(bytes: Uint8Array): string;
export function dimNames(dim: Dim): ReadonlySet<string>;
export function downstream(body: Body, names: Iterable<string>): readonly Node[];
export function elementCount(shape: readonly number[]): number;
export function elements(tensor: Tensor): readonly number[] | readonly bigint[] | undefined;
export function eliminateCommon(graph: Graph): Graph;
export function encodeElements(dtype: DataType, values: Elements): Uint8Array;
export function evaluateDim(dim: Dim, sizes: ReadonlyMap<string, number>): number | undefined;
export function explain(graph: Graph, rule: Rule): string;
export function extract(graph: Graph, options: ExtractOptions): Graph;
export function fileSink(path: string): Sink;
export function fileSource(path: string): Promise<Source>;
export function fill(value: Value): number | undefined;
export function findEqualWeights(graph: Graph, options?: DedupeOptions): Promise<EqualWeights>;
export function findTransposedTwins(graph: Graph, options?: TwinOptions): Promise<readonly TransposedTwins[]>;
export function floatOf<F extends number | undefined>(of: Attributed, name: string, fallback: F): number | F;
export function foldConstants(graph: Graph, { evaluate, limitBytes }: FoldOptions): Promise<Graph>;
export function foldShapes(graph: Graph, options?: FoldShapesOptions): Graph;
export function foldValues(graph: Graph, values: FoldedValues): Graph;
export function folderSink(path: string): Sink;
export function gate(graph: Graph, nodes: readonly Node[], options: GateOptions): Gated;
export const gemmToMatMul: Rule;
export function graphToBytes(graph: Graph): Promise<Uint8Array<ArrayBuffer>>;
export function handleFolder(handle: FileSystemDirectoryHandle): SourceFolder;
export function handleSink(handle: FileSystemDirectoryHandle | FileSystemFileHandle): Sink;
export function handleSource(handle: FileSystemFileHandle): Promise<Source>;
export const identities: readonly Rule[];
export const identity: Rule;
export function infer(graph: Graph, options?: InferOptions): Inference;
export function inferTypes(graph: Graph, options?: InferOptions): Graph;
export function initializersOffInputs(graph: Graph): Graph;
export function inline(graph: Graph, other: Graph, options: InlineOptions): Inlined;
export function inlineFunctions(graph: Graph): Graph;
export function innerScopes(scope: Scope, node: Node): readonly Scope[];
export function intOf<F extends number | undefined>(of: Attributed, name: string, fallback: F): number | F;
export function intsOf<F extends readonly number[] | undefined>(of: Attributed, name: string, fallback: F): readonly number[] | F;
export function isBroadcasting(domain: string, op: string): boolean;
export function isCommutative(domain: string, op: string): boolean;
export function isFloat(value: Value): boolean;
export function isRefusal(value: unknown): value is Refusal;
export function mapBodies(graph: Graph, change: (body: Body, scope: Scope) => Body): Graph;
export const matMulAddToGemm: Rule;
export function memoryFolder(files: ReadonlyMap<string, Uint8Array>, name?: string): SourceFolder;
export function memorySink(name?: string): MemorySink;
export function memoryTensor(dtype: DataType, shape: readonly number[], data: ArrayBufferView): Tensor;
export function mergeWeights(graph: Graph, equal: EqualWeights): Graph;
export const ms: MicrosoftOperators;
export function multiplyDims(a: Dim, b: Dim): Dim;
export function near(actual: number, literal: number, dtype: DataType): boolean;
export function nearMisses(graph: Graph, rule: Rule, { mayReplace }?: Pick<RewriteOptions, 'mayReplace'>): readonly NearMiss[];
export function nestedBodies(node: Node): readonly {
    readonly attribute: string;
    readonly index: number;
    readonly body: Body;
}[];
export function nodeIdentity(node: Node): string;
export function numbers(tensor: Tensor): readonly number[] | undefined;
export function onnx(strings: TemplateStringsArray, ...insets: readonly Inset[]): Graph;
export const op: OnnxOperators;
export function openFolder(what: FolderLike): SourceFolder;
export function openSink(what: SinkLike): Sink;
export function openSource(what: SourceLike): Promise<Source>;
export function operatorsOf(domain: string): readonly string[];
export function originsOf(...sources: readonly {
    readonly origins: readonly string[];
}[]): readonly string[];
export function parse(text: string, options?: ParseOptions): Graph;
export function parseGraph(bytes: Uint8Array, name?: string): Graph;
export function parseTensor(bytes: Uint8Array, name?: string): Tensor;
export function pathFolder(path: string): SourceFolder;
export const phaseFilters: Rule;
export function placesIn(graph: Graph, files: ReadonlyMap<string, Source>): PlacedTensors;
export function print(what: Graph | Body | Node, options?: PrintOptions): string;
export function printRule({ name, alternatives }: Rule): string;
export function printTerm(term: In): string;
export function pruneOpsets(graph: Graph): Graph;
export function rank(value: Value): number | undefined;
export function readDim(dim: Dim): Dim;
export function readGraph(source: Source, options?: ReadGraphOptions): Promise<Graph>;
export function readNames(node: Node): readonly string[];
export function refuse(reason: string, at?: string | {
    readonly name: string;
}): Refusal;
export function regionBetween(body: Body, from: Iterable<string>, to: Iterable<string>): readonly Node[];
export function removeDead(graph: Graph): Graph;
export function renameCaptures(node: Node, names: ReadonlyMap<string, string>): Node;
export function renameValues(graph: Graph, names: ReadonlyMap<string, string>): Graph;
export function residentArray(tensor: Tensor): TypedArray | undefined;
export function resolve(scope: Scope, name: string): Scope | undefined;
export function rewrite(graph: Graph, rules: readonly Rule[], options?: RewriteOptions): Rewritten;
export function rule<const D extends readonly Declaration[]>(name: string, variables: D, definition: RuleDefinition<D>): Rule;
export function scalarTensor(dtype: DataType, value: number | bigint): Tensor;
export function schemaOf(domain: string, op: string, opset: number): Schema | undefined;
export function scopeOf(body: Body): Scope;
export function scopes(top: Body | Scope): Iterable<Scope>;
export const simplification: readonly Rule[];
export function sortNodes(nodes: readonly Node[], producers: ReadonlyMap<string, Node>): readonly Node[];
export function sortTopologically(graph: Graph): Graph;
export function sourceOfGraph(graph: Graph): Source | undefined;
export function sourceTensor(dtype: DataType, shape: readonly number[], source: Source, offset: number): Tensor;
export function staticShape(value: Value): readonly number[] | undefined;
export function streamSink(stream: WritableStream<Uint8Array>, name?: string): Sink;
export function streamSource(stream: ReadableStream<Uint8Array>, name?: string): Promise<Source>;
export function stringTensor(shape: readonly number[], strings: readonly string[], raw?: readonly Uint8Array[]): Tensor;
export function subtractDims(a: Dim, b: Dim): Dim;
export function tensorOf(dtype: DataType, shape: readonly number[], values: Elements): Tensor;
export function tensorsOf(graph: Graph): ReadonlyMap<string, Tensor>;
export function textOf<F extends string | undefined>(of: Attributed, name: string, fallback: F): string | F;
export function toTypedArray(tensor: Tensor, options?: {
    readonly signal?: AbortSignal;
}): Promise<TypedArray>;
export function upgradeOpset(graph: Graph, to: number): Graph | Refusal;
export function upstream(body: Body, names: Iterable<string>, stop?: Iterable<string>): readonly Node[];
export function versionsOf(domain: string, op: string): readonly number[];
export function walk(top: Body | Scope): Iterable<Visit>;
export function weights(top: Body | Scope): readonly Weight[];
export function widens(from: DataType, to: DataType): boolean;
export function withNestedBodies(node: Node, bodies: readonly Body[]): Node;
export function withOrigins(graph: Graph): Graph;
export function writeGraph(graph: Graph, sink: Sink, path: string, options?: WriteGraphOptions): Promise<{
    readonly files: readonly WrittenFile[];
    readonly placed: PlacedTensors;
}>;
export function writeSource(source: Source, sink: Sink, path: string, signal?: AbortSignal): Promise<WrittenFile>;
// mentioned, not exported
const brand: unique symbol;
const table: {
    float32: Row;
    uint8: Row;
    int8: Row;
    uint16: Row;
    int16: Row;
    int32: Row;
    int64: Row;
    string: Row;
    bool: Row;
    float16: Row;
    float64: Row;
    uint32: Row;
    uint64: Row;
    complex64: Row;
    complex128: Row;
    bfloat16: Row;
    float8e4m3fn: Row;
    float8e4m3fnuz: Row;
    float8e5m2: Row;
    float8e5m2fnuz: Row;
    uint4: Row;
    int4: Row;
    float4e2m1: Row;
    float8e8m0: Row;
    uint2: Row;
    int2: Row;
};
interface ExternalPlace {
    readonly location: string;
    readonly offset: number;
}
interface Row {
    readonly code: number;
    readonly bits: number;
    readonly text: string;
    readonly kind: 'float' | 'int' | 'uint' | 'bool' | 'string' | 'complex';
}
type BodyGiven = Body | Attribute;
type Float = number | Attribute;
type Floats = readonly number[] | Attribute;
type Int = number | bigint | Attribute;
type Ints = readonly (number | bigint)[] | Attribute;
type MicrosoftAttention = Attributes<{
    do_rotary?: Int;
    mask_filter_value?: Float;
    num_heads?: Int;
    past_present_share_buffer?: Int;
    qkv_hidden_sizes?: Ints;
    rotary_embedding_dim?: Int;
    scale?: Float;
    unidirectional?: Int;
}>;
type MicrosoftAttnLSTM = Attributes<{
    activation_alpha?: Floats;
    activation_beta?: Floats;
    activations?: Texts;
    clip?: Float;
    direction?: Text;
    hidden_size?: Int;
    input_forget?: Int;
}>;
type MicrosoftBeamSearch = Attributes<{
    decoder?: BodyGiven;
    decoder_start_token_id?: Int;
    early_stopping?: Int;
    encoder?: BodyGiven;
    eos_token_id?: Int;
    init_decoder?: BodyGiven;
    model_type?: Int;
    no_repeat_ngram_size?: Int;
    pad_token_id?: Int;
    vocab_size?: Int;
}>;
type MicrosoftBiasDropout = Attributes<{
    seed?: Int;
}>;
type MicrosoftBiasSoftmax = Attributes<{
    axis?: Int;
    is_inner_broadcast?: Int;
}>;
type MicrosoftBifurcationDetector = Attributes<{
    max_ngram_size?: Int;
    min_ngram_size?: Int;
}>;
type MicrosoftBitmaskBiasDropout = Attributes<{
    seed?: Int;
}>;
type MicrosoftBitmaskDropout = Attributes<{
    seed?: Int;
}>;
type MicrosoftBranchwiseRMSNorm = Attributes<{
    epsilon?: Float;
    num_branches?: Int;
}>;
type MicrosoftCDist = Attributes<{
    metric?: Text;
}>;
type MicrosoftCausalConvWithState = Attributes<{
    activation?: Text;
    channels_last?: Int;
    dilation?: Int;
    ndim?: Int;
    state_window?: Int;
}>;
type MicrosoftConvTransposeWithDynamicPads = Attributes<{
    auto_pad?: Text;
    dilations?: Ints;
    group?: Int;
    kernel_shape?: Ints;
    output_padding?: Ints;
    strides?: Ints;
}>;
type MicrosoftCropAndResize = Attributes<{
    extrapolation_value?: Float;
    mode?: Text;
}>;
type MicrosoftDecoderAttention = Attributes<{
    mask_filter_value?: Float;
    num_heads?: Int;
}>;
type MicrosoftDecoderMaskedMultiHeadAttention = Attributes<{
    mask_filter_value?: Float;
    num_heads?: Int;
    output_qk?: Int;
    past_present_share_buffer?: Int;
    scale?: Float;
}>;
type MicrosoftDecoderMaskedSelfAttention = Attributes<{
    do_rotary?: Int;
    mask_filter_value?: Float;
    num_heads?: Int;
    past_present_share_buffer?: Int;
    scale?: Float;
}>;
type MicrosoftDequantizeBFP = Attributes<{
    bfp_type?: Int;
    block_dim?: Int;
    dtype?: Int;
}>;
type MicrosoftDequantizeLinear = Attributes<{
    axis?: Int;
}>;
type MicrosoftDequantizeWithOrder = Attributes<{
    order_input?: Int;
    order_output?: Int;
    to?: Int;
}>;
type MicrosoftDynamicQuantizeLSTM = Attributes<{
    activation_alpha?: Floats;
    activation_beta?: Floats;
    activations?: Texts;
    clip?: Float;
    direction?: Text;
    hidden_size?: Int;
    input_forget?: Int;
}>;
type MicrosoftDynamicSparseAttention = Attributes<{
    attention_mode?: Text;
    auxiliary_kv_shared?: Int;
    do_rotary?: Int;
    is_causal?: Int;
    kv_num_heads?: Int;
    local_window_size?: Int;
    num_heads?: Int;
    qk_norm_epsilon?: Float;
    rotary_interleaved?: Int;
    rotary_offset?: Int;
    scale?: Float;
    selected_kv_source?: Text;
    smooth_softmax?: Int;
}>;
type MicrosoftEPContext = Attributes<{
    embed_mode?: Int;
    ep_cache_context?: Text;
    ep_sdk_version?: Text;
    hardware_architecture?: Text;
    main_context?: Int;
    max_size?: Int;
    notes?: Text;
    onnx_model_filename?: Text;
    partition_name?: Text;
    source?: Text;
}>;
type MicrosoftEmbedLayerNormalization = Attributes<{
    epsilon?: Float;
    mask_index_type?: Int;
}>;
type MicrosoftEngramGate = Attributes<{
    epsilon?: Float;
}>;
type MicrosoftFusedConv = Attributes<{
    activation?: Text;
    activation_params?: Floats;
    auto_pad?: Text;
    dilations?: Ints;
    group?: Int;
    kernel_shape?: Ints;
    pads?: Ints;
    strides?: Ints;
}>;
type MicrosoftFusedGemm = Attributes<{
    activation?: Text;
    activation_alpha?: Float;
    activation_beta?: Float;
    activation_gamma?: Float;
    alpha?: Float;
    beta?: Float;
    transA?: Int;
    transB?: Int;
}>;
type MicrosoftFusedMatMul = Attributes<{
    alpha?: Float;
    transA?: Int;
    transB?: Int;
    transBatchA?: Int;
    transBatchB?: Int;
}>;
type MicrosoftFusedMatMulActivation = Attributes<{
    activation?: Text;
    activation_alpha?: Float;
    activation_axis?: Int;
    activation_beta?: Float;
    activation_gamma?: Float;
    alpha?: Float;
    transA?: Int;
    transB?: Int;
    transBatchA?: Int;
    transBatchB?: Int;
}>;
type MicrosoftGatedDeltaNet = Attributes<{
    beta_activation?: Text;
    chunk_size?: Int;
    gate_activation?: Text;
    qk_l2_norm?: Int;
    scale?: Float;
    state_update_capacity?: Int;
    update_rule?: Text;
}>;
type MicrosoftGatedRMSNorm = Attributes<{
    activation?: Text;
    epsilon?: Float;
}>;
type MicrosoftGatedRelativePositionBias = Attributes<{
    num_heads?: Int;
}>;
type MicrosoftGatherBlockQuantized = Attributes<{
    bits?: Int;
    block_size?: Int;
    gather_axis?: Int;
    quantize_axis?: Int;
}>;
type MicrosoftGemmFloat8 = Attributes<{
    activation?: Text;
    alpha?: Float;
    beta?: Float;
    dtype?: Int;
    transA?: Int;
    transB?: Int;
}>;
type MicrosoftGreedySearch = Attributes<{
    decoder?: BodyGiven;
    decoder_start_token_id?: Int;
    encoder?: BodyGiven;
    eos_token_id?: Int;
    init_decoder?: BodyGiven;
    model_type?: Int;
    no_repeat_ngram_size?: Int;
    pad_token_id?: Int;
    vocab_size?: Int;
}>;
type MicrosoftGridSample = Attributes<{
    align_corners?: Int;
    mode?: Text;
    padding_mode?: Text;
}>;
type MicrosoftGroupNorm = Attributes<{
    activation?: Int;
    channels_last?: Int;
    epsilon?: Float;
    groups?: Int;
}>;
type MicrosoftGroupQueryAttention = Attributes<{
    causal?: Int;
    do_rotary?: Int;
    k_quant_type?: Text;
    kv_cache_bit_width?: Int;
    kv_num_heads?: Int;
    local_window_size?: Int;
    num_heads?: Int;
    qk_norm_epsilon?: Float;
    qk_output?: Int;
    rotary_interleaved?: Int;
    scale?: Float;
    sliding_window_cache?: Int;
    smooth_softmax?: Int;
    softcap?: Float;
    v_quant_type?: Text;
}>;
type MicrosoftHyperConnectionPostMix = Attributes<{
    num_branches?: Int;
}>;
type MicrosoftHyperConnectionPreMix = Attributes<{
    num_branches?: Int;
    reduction_scale?: Float;
}>;
type MicrosoftIrfft = Attributes<{
    normalized?: Int;
    onesided?: Int;
    signal_ndim?: Int;
}>;
type MicrosoftIsAllFinite = Attributes<{
    isinf_only?: Int;
    isnan_only?: Int;
}>;
type MicrosoftLinearAttention = Attributes<{
    chunk_size?: Int;
    kv_num_heads?: Int;
    q_num_heads?: Int;
    scale?: Float;
    state_window?: Int;
    update_rule?: Text;
}>;
type MicrosoftLongformerAttention = Attributes<{
    num_heads?: Int;
    window?: Int;
}>;
type MicrosoftMRotaryEmbedding = Attributes<{
    interleaved?: Int;
    is_packed_batching?: Int;
    mrope_layout?: Int;
    mrope_section?: Ints;
    num_heads?: Int;
    rotary_embedding_dim?: Int;
    scale?: Float;
}>;
type MicrosoftMatMulBlockQuantizedFp4Weight = Attributes<{
    block_size?: Int;
}>;
type MicrosoftMatMulBlockQuantizedFp8Weight = Attributes<{
    block_size?: Int;
}>;
type MicrosoftMatMulBnb4 = Attributes<{
    K?: Int;
    N?: Int;
    block_size?: Int;
    quant_type?: Int;
    training_mode?: Int;
    transB?: Int;
}>;
type MicrosoftMatMulFpQ4 = Attributes<{
    blk_quant_type?: Int;
}>;
type MicrosoftMatMulNBits = Attributes<{
    K?: Int;
    N?: Int;
    accuracy_level?: Int;
    bits?: Int;
    block_size?: Int;
    weight_prepacked?: Int;
}>;
type MicrosoftMatMulNBitsMlp = Attributes<{
    K?: Int;
    N?: Int;
    accuracy_level?: Int;
    activation?: Text;
    bits?: Int;
    block_size?: Int;
    epsilon?: Float;
}>;
type MicrosoftMatMulNBitsQkv = Attributes<{
    K?: Int;
    Nkv?: Int;
    Nq?: Int;
    accuracy_level?: Int;
    bits?: Int;
    block_size?: Int;
    epsilon?: Float;
}>;
type MicrosoftMaxpoolWithMask = Attributes<{
    auto_pad?: Text;
    kernel_shape?: Ints;
    pads?: Ints;
    storage_order?: Int;
    strides?: Ints;
}>;
type MicrosoftMoE = Attributes<{
    activation_alpha?: Float;
    activation_beta?: Float;
    activation_type?: Text;
    k?: Int;
    normalize_routing_weights?: Int;
    swiglu_fusion?: Int;
    swiglu_limit?: Float;
    use_sparse_mixer?: Int;
}>;
type MicrosoftMultiHeadAttention = Attributes<{
    mask_filter_value?: Float;
    num_heads?: Int;
    scale?: Float;
    unidirectional?: Int;
}>;
type MicrosoftMurmurHash3 = Attributes<{
    positive?: Int;
    seed?: Int;
}>;
type MicrosoftNGramHashMapping = Attributes<{
    max_ngram_size?: Int;
    n_head_per_ngram?: Int;
    pad_id?: Int;
    reset_on_eos?: Int;
}>;
type MicrosoftNGramRepeatBlock = Attributes<{
    ngram_size?: Int;
}>;
type MicrosoftNhwcConv = Attributes<{
    auto_pad?: Text;
    dilations?: Ints;
    group?: Int;
    kernel_shape?: Ints;
    pads?: Ints;
    strides?: Ints;
}>;
type MicrosoftNhwcFusedConv = Attributes<{
    activation?: Text;
    activation_params?: Floats;
    auto_pad?: Text;
    dilations?: Ints;
    group?: Int;
    kernel_shape?: Ints;
    pads?: Ints;
    strides?: Ints;
}>;
type MicrosoftNhwcMaxPool = Attributes<{
    auto_pad?: Text;
    ceil_mode?: Int;
    dilations?: Ints;
    kernel_shape?: Ints;
    pads?: Ints;
    strides?: Ints;
}>;
type MicrosoftPackedAttention = Attributes<{
    num_heads?: Int;
    qkv_hidden_sizes?: Ints;
    scale?: Float;
}>;
type MicrosoftPackedMultiHeadAttention = Attributes<{
    mask_filter_value?: Float;
    num_heads?: Int;
    scale?: Float;
}>;
type MicrosoftPackedSparseAttentionIndexer = Attributes<{
    compress_ratio?: Int;
    epsilon?: Float;
    head_weight_scale?: Float;
    index_topk?: Int;
    policy_mode?: Text;
    scale?: Float;
    state_capacity?: Int;
    state_update_capacity?: Int;
    token_budget?: Int;
}>;
type MicrosoftPad = Attributes<{
    mode?: Text;
}>;
type MicrosoftPagedAttention = Attributes<{
    do_rotary?: Int;
    is_causal?: Int;
    k_cache_dtype?: Text;
    k_quant_type?: Text;
    kv_cache_layout?: Text;
    kv_num_heads?: Int;
    local_window_size?: Int;
    num_heads?: Int;
    qk_norm_epsilon?: Float;
    rotary_interleaved?: Int;
    rotary_offset?: Int;
    scale?: Float;
    softcap?: Float;
    v_cache_dtype?: Text;
    v_head_size?: Int;
    v_quant_type?: Text;
}>;
type MicrosoftQAttention = Attributes<{
    do_rotary?: Int;
    mask_filter_value?: Float;
    num_heads?: Int;
    past_present_share_buffer?: Int;
    scale?: Float;
    unidirectional?: Int;
}>;
type MicrosoftQEmbedLayerNormalization = Attributes<{
    epsilon?: Float;
}>;
type MicrosoftQGemm = Attributes<{
    alpha?: Float;
    transA?: Int;
    transB?: Int;
}>;
type MicrosoftQLinearAveragePool = Attributes<{
    auto_pad?: Text;
    ceil_mode?: Int;
    channels_last?: Int;
    count_include_pad?: Int;
    kernel_shape?: Ints;
    pads?: Ints;
    strides?: Ints;
}>;
type MicrosoftQLinearConcat = Attributes<{
    axis?: Int;
}>;
type MicrosoftQLinearConv = Attributes<{
    auto_pad?: Text;
    channels_last?: Int;
    dilations?: Ints;
    group?: Int;
    kernel_shape?: Ints;
    pads?: Ints;
    strides?: Ints;
}>;
type MicrosoftQLinearGlobalAveragePool = Attributes<{
    channels_last?: Int;
}>;
type MicrosoftQLinearLeakyRelu = Attributes<{
    alpha?: Float;
}>;
type MicrosoftQLinearReduceMean = Attributes<{
    axes?: Ints;
    keepdims?: Int;
}>;
type MicrosoftQLinearSoftmax = Attributes<{
    axis?: Int;
    opset?: Int;
}>;
type MicrosoftQMoE = Attributes<{
    accuracy_level?: Int;
    activation_alpha?: Float;
    activation_beta?: Float;
    activation_type?: Text;
    block_size?: Int;
    expert_weight_bits?: Int;
    fc1_expert_weight_bits?: Int;
    fc2_expert_weight_bits?: Int;
    fc3_expert_weight_bits?: Int;
    k?: Int;
    normalize_routing_weights?: Int;
    quant_type?: Text;
    swiglu_fusion?: Int;
    swiglu_limit?: Float;
    use_sparse_mixer?: Int;
    weights_prepacked?: Int;
}>;
type MicrosoftQOrderedAttention = Attributes<{
    num_heads?: Int;
    order_input?: Int;
    order_output?: Int;
    order_weight?: Int;
    qkv_hidden_sizes?: Ints;
    unidirectional?: Int;
}>;
type MicrosoftQOrderedGelu = Attributes<{
    order_X?: Int;
    order_Y?: Int;
}>;
type MicrosoftQOrderedLayerNormalization = Attributes<{
    axis?: Int;
    epsilon?: Float;
    order_X?: Int;
    order_Y?: Int;
}>;
type MicrosoftQOrderedLongformerAttention = Attributes<{
    num_heads?: Int;
    order_global_weight?: Int;
    order_input?: Int;
    order_output?: Int;
    order_weight?: Int;
    window?: Int;
}>;
type MicrosoftQOrderedMatMul = Attributes<{
    order_A?: Int;
    order_B?: Int;
    order_Y?: Int;
}>;
type MicrosoftQuantizeBFP = Attributes<{
    bfp_type?: Int;
    block_dim?: Int;
}>;
type MicrosoftQuantizeLinear = Attributes<{
    axis?: Int;
}>;
type MicrosoftQuantizeWithOrder = Attributes<{
    order_input?: Int;
    order_output?: Int;
}>;
type MicrosoftQuickGelu = Attributes<{
    alpha?: Float;
}>;
type MicrosoftReduceSumInteger = Attributes<{
    axes?: Ints;
    keepdims?: Int;
}>;
type MicrosoftRelativePositionBias = Attributes<{
    is_bidirectional?: Int;
    max_distance?: Int;
}>;
type MicrosoftRfft = Attributes<{
    normalized?: Int;
    onesided?: Int;
    signal_ndim?: Int;
}>;
type MicrosoftRotaryEmbedding = Attributes<{
    interleaved?: Int;
    is_packed_batching?: Int;
    num_heads?: Int;
    rotary_embedding_dim?: Int;
    scale?: Float;
}>;
type MicrosoftSampling = Attributes<{
    custom?: Int;
    decoder?: BodyGiven;
    decoder_start_token_id?: Int;
    encoder?: BodyGiven;
    eos_token_id?: Int;
    filter_value?: Float;
    init_decoder?: BodyGiven;
    min_tokens_to_keep?: Int;
    model_type?: Int;
    no_repeat_ngram_size?: Int;
    pad_token_id?: Int;
    presence_penalty?: Float;
    temperature?: Float;
    top_p?: Float;
    vocab_size?: Int;
}>;
type MicrosoftScaledSiLU = Attributes<{
    alpha?: Float;
}>;
type MicrosoftSkipGroupNorm = Attributes<{
    activation?: Int;
    channels_last?: Int;
    epsilon?: Float;
    groups?: Int;
}>;
type MicrosoftSkipLayerNormalization = Attributes<{
    epsilon?: Float;
}>;
type MicrosoftSkipSimplifiedLayerNormalization = Attributes<{
    epsilon?: Float;
}>;
type MicrosoftSnpe = Attributes<{
    DLC?: Text;
    notes?: Text;
    snpe_version?: Text;
    target_device?: Text;
}>;
type MicrosoftSparseAttention = Attributes<{
    do_rotary?: Int;
    kv_num_heads?: Int;
    num_heads?: Int;
    rotary_interleaved?: Int;
    scale?: Float;
    sparse_block_size?: Int;
}>;
type MicrosoftSparseAttentionIndexer = Attributes<{
    compress_ratio?: Int;
    epsilon?: Float;
    head_weight_scale?: Float;
    index_topk?: Int;
    policy_mode?: Text;
    scale?: Float;
    token_budget?: Int;
}>;
type MicrosoftSparsePagedAttention = Attributes<{
    attention_mode?: Text;
    auxiliary_cache_layout?: Text;
    auxiliary_kv_shared?: Int;
    do_rotary?: Int;
    is_causal?: Int;
    k_quant_type?: Text;
    kv_num_heads?: Int;
    local_window_size?: Int;
    num_heads?: Int;
    qk_norm_epsilon?: Float;
    rotary_interleaved?: Int;
    rotary_offset?: Int;
    scale?: Float;
    selected_kv_source?: Text;
    softcap?: Float;
    v_quant_type?: Text;
}>;
type MicrosoftSparseToDenseMatMul = Attributes<{
    alpha?: Float;
    transA?: Int;
    transB?: Int;
}>;
type MicrosoftTokenizer = Attributes<{
    mark?: Int;
    mincharnum?: Int;
    pad_value?: Text;
    separators?: Texts;
    tokenexp?: Text;
}>;
type MicrosoftTransposeMatMul = Attributes<{
    alpha?: Float;
    transA?: Int;
    transB?: Int;
}>;
type MicrosoftTrilu = Attributes<{
    upper?: Int;
}>;
type MicrosoftUnfoldTensor = Attributes<{
    dim?: Int;
    size?: Int;
    step?: Int;
}>;
type MicrosoftVarlenCausalConvWithState = Attributes<{
    activation?: Text;
    dilation?: Int;
    state_update_capacity?: Int;
}>;
type MicrosoftVarlenNGramHashMapping = Attributes<{
    max_ngram_size?: Int;
    n_head_per_ngram?: Int;
    pad_id?: Int;
    reset_on_eos?: Int;
    state_update_capacity?: Int;
}>;
type MicrosoftWhisperBeamSearch = Attributes<{
    beginning_timestamp_token_id?: Int;
    decoder?: BodyGiven;
    decoder_output_cross_qk?: Int;
    decoder_start_token_id?: Int;
    early_stopping?: Int;
    encoder?: BodyGiven;
    eos_token_id?: Int;
    init_decoder?: BodyGiven;
    model_type?: Int;
    no_repeat_ngram_size?: Int;
    no_speech_token_id?: Int;
    no_timestamps_token_id?: Int;
    pad_token_id?: Int;
    start_of_lm_token_id?: Int;
    transcribe_token_id?: Int;
    translate_token_id?: Int;
    vocab_size?: Int;
}>;
type MicrosoftWordConvEmbedding = Attributes<{
    char_embedding_size?: Int;
    conv_window_size?: Int;
    embedding_size?: Int;
}>;
type NameOf<D> = D extends `...${infer Name}` ? Name : D extends `${infer Name}?` ? Name : D;
type OnnxAffine = Attributes<{
    alpha?: Float;
    beta?: Float;
}>;
type OnnxAffineGrid = Attributes<{
    align_corners?: Int;
}>;
type OnnxArgMax = Attributes<{
    axis?: Int;
    keepdims?: Int;
    select_last_index?: Int;
}>;
type OnnxArgMin = Attributes<{
    axis?: Int;
    keepdims?: Int;
    select_last_index?: Int;
}>;
type OnnxAttention = Attributes<{
    is_causal?: Int;
    kv_num_heads?: Int;
    q_num_heads?: Int;
    qk_matmul_output_mode?: Int;
    scale?: Float;
    softcap?: Float;
    softmax_precision?: Int;
    left_window_size?: Int;
    right_window_size?: Int;
}>;
type OnnxAveragePool = Attributes<{
    auto_pad?: Text;
    count_include_pad?: Int;
    kernel_shape?: Ints;
    pads?: Ints;
    strides?: Ints;
    ceil_mode?: Int;
    dilations?: Ints;
}>;
type OnnxBatchNormalization = Attributes<{
    epsilon?: Float;
    momentum?: Float;
    spatial?: Int;
    training_mode?: Int;
}>;
type OnnxBernoulli = Attributes<{
    dtype?: Int;
    seed?: Float;
}>;
type OnnxBitCast = Attributes<{
    to?: Int;
}>;
type OnnxBitShift = Attributes<{
    direction?: Text;
}>;
type OnnxBlackmanWindow = Attributes<{
    output_datatype?: Int;
    periodic?: Int;
}>;
type OnnxCast = Attributes<{
    to?: Int;
    saturate?: Int;
    round_mode?: Text;
}>;
type OnnxCastLike = Attributes<{
    saturate?: Int;
    round_mode?: Text;
}>;
type OnnxCausalConvWithState = Attributes<{
    activation?: Text;
}>;
type OnnxCelu = Attributes<{
    alpha?: Float;
}>;
type OnnxCenterCropPad = Attributes<{
    axes?: Ints;
}>;
type OnnxClip = Attributes<{
    max?: Float;
    min?: Float;
}>;
type OnnxCol2Im = Attributes<{
    dilations?: Ints;
    pads?: Ints;
    strides?: Ints;
}>;
type OnnxCompress = Attributes<{
    axis?: Int;
}>;
type OnnxConcat = Attributes<{
    axis?: Int;
}>;
type OnnxConcatFromSequence = Attributes<{
    axis?: Int;
    new_axis?: Int;
}>;
type OnnxConstant = Attributes<{
    value?: TensorGiven;
    sparse_value?: Attribute;
    value_float?: Float;
    value_floats?: Floats;
    value_int?: Int;
    value_ints?: Ints;
    value_string?: Text;
    value_strings?: Texts;
}>;
type OnnxConstantOfShape = Attributes<{
    value?: TensorGiven;
}>;
type OnnxConv = Attributes<{
    auto_pad?: Text;
    dilations?: Ints;
    group?: Int;
    kernel_shape?: Ints;
    pads?: Ints;
    strides?: Ints;
}>;
type OnnxConvInteger = Attributes<{
    auto_pad?: Text;
    dilations?: Ints;
    group?: Int;
    kernel_shape?: Ints;
    pads?: Ints;
    strides?: Ints;
}>;
type OnnxConvTranspose = Attributes<{
    auto_pad?: Text;
    dilations?: Ints;
    group?: Int;
    kernel_shape?: Ints;
    output_padding?: Ints;
    output_shape?: Ints;
    pads?: Ints;
    strides?: Ints;
}>;
type OnnxCrop = Attributes<{
    border?: Ints;
    scale?: Ints;
}>;
type OnnxCumProd = Attributes<{
    exclusive?: Int;
    reverse?: Int;
}>;
type OnnxCumSum = Attributes<{
    exclusive?: Int;
    reverse?: Int;
}>;
type OnnxDFT = Attributes<{
    axis?: Int;
    inverse?: Int;
    onesided?: Int;
}>;
type OnnxDeformConv = Attributes<{
    dilations?: Ints;
    group?: Int;
    kernel_shape?: Ints;
    offset_group?: Int;
    pads?: Ints;
    strides?: Ints;
}>;
type OnnxDepthToSpace = Attributes<{
    blocksize?: Int;
    mode?: Text;
}>;
type OnnxDequantizeLinear = Attributes<{
    axis?: Int;
    block_size?: Int;
    output_dtype?: Int;
}>;
type OnnxDropout = Attributes<{
    ratio?: Float;
    seed?: Int;
}>;
type OnnxEinsum = Attributes<{
    equation?: Text;
}>;
type OnnxElu = Attributes<{
    alpha?: Float;
}>;
type OnnxEyeLike = Attributes<{
    dtype?: Int;
    k?: Int;
}>;
type OnnxFlatten = Attributes<{
    axis?: Int;
}>;
type OnnxGRU = Attributes<{
    activation_alpha?: Floats;
    activation_beta?: Floats;
    activations?: Texts;
    clip?: Float;
    direction?: Text;
    hidden_size?: Int;
    linear_before_reset?: Int;
    layout?: Int;
}>;
type OnnxGRUUnit = Attributes<{
    drop_states?: Int;
}>;
type OnnxGather = Attributes<{
    axis?: Int;
}>;
type OnnxGatherElements = Attributes<{
    axis?: Int;
}>;
type OnnxGatherND = Attributes<{
    batch_dims?: Int;
}>;
type OnnxGelu = Attributes<{
    approximate?: Text;
}>;
type OnnxGemm = Attributes<{
    alpha?: Float;
    beta?: Float;
    transA?: Int;
    transB?: Int;
}>;
type OnnxGivenTensorFill = Attributes<{
    extra_shape?: Ints;
    input_as_shape?: Int;
    shape?: Ints;
    values?: Floats;
}>;
type OnnxGlobalLpPool = Attributes<{
    p?: Int;
}>;
type OnnxGridSample = Attributes<{
    align_corners?: Int;
    mode?: Text;
    padding_mode?: Text;
}>;
type OnnxGroupNormalization = Attributes<{
    epsilon?: Float;
    num_groups?: Int;
    stash_type?: Int;
}>;
type OnnxHammingWindow = Attributes<{
    output_datatype?: Int;
    periodic?: Int;
}>;
type OnnxHannWindow = Attributes<{
    output_datatype?: Int;
    periodic?: Int;
}>;
type OnnxHardSigmoid = Attributes<{
    alpha?: Float;
    beta?: Float;
}>;
type OnnxHardmax = Attributes<{
    axis?: Int;
}>;
type OnnxIf = Attributes<{
    else_branch?: BodyGiven;
    then_branch?: BodyGiven;
}>;
type OnnxImageDecoder = Attributes<{
    pixel_format?: Text;
}>;
type OnnxImageScaler = Attributes<{
    bias?: Floats;
    scale?: Float;
}>;
type OnnxInstanceNormalization = Attributes<{
    epsilon?: Float;
}>;
type OnnxIsInf = Attributes<{
    detect_negative?: Int;
    detect_positive?: Int;
}>;
type OnnxLRN = Attributes<{
    alpha?: Float;
    beta?: Float;
    bias?: Float;
    size?: Int;
}>;
type OnnxLSTM = Attributes<{
    activation_alpha?: Floats;
    activation_beta?: Floats;
    activations?: Texts;
    clip?: Float;
    direction?: Text;
    hidden_size?: Int;
    input_forget?: Int;
    layout?: Int;
}>;
type OnnxLayerNormalization = Attributes<{
    axis?: Int;
    epsilon?: Float;
    stash_type?: Int;
}>;
type OnnxLeakyRelu = Attributes<{
    alpha?: Float;
}>;
type OnnxLinearAttention = Attributes<{
    chunk_size?: Int;
    kv_num_heads?: Int;
    q_num_heads?: Int;
    scale?: Float;
    update_rule?: Text;
}>;
type OnnxLogSoftmax = Attributes<{
    axis?: Int;
}>;
type OnnxLoop = Attributes<{
    body?: BodyGiven;
}>;
type OnnxLpNormalization = Attributes<{
    axis?: Int;
    p?: Int;
}>;
type OnnxLpPool = Attributes<{
    auto_pad?: Text;
    kernel_shape?: Ints;
    p?: Int;
    pads?: Ints;
    strides?: Ints;
    ceil_mode?: Int;
    dilations?: Ints;
}>;
type OnnxMaxPool = Attributes<{
    auto_pad?: Text;
    kernel_shape?: Ints;
    pads?: Ints;
    strides?: Ints;
    storage_order?: Int;
    ceil_mode?: Int;
    dilations?: Ints;
}>;
type OnnxMaxRoiPool = Attributes<{
    pooled_shape?: Ints;
    spatial_scale?: Float;
}>;
type OnnxMaxUnpool = Attributes<{
    kernel_shape?: Ints;
    pads?: Ints;
    strides?: Ints;
}>;
type OnnxMeanVarianceNormalization = Attributes<{
    across_channels?: Int;
    normalize_variance?: Int;
    axes?: Ints;
}>;
type OnnxMelWeightMatrix = Attributes<{
    output_datatype?: Int;
}>;
type OnnxMod = Attributes<{
    fmod?: Int;
}>;
type OnnxMultinomial = Attributes<{
    dtype?: Int;
    sample_size?: Int;
    seed?: Float;
}>;
type OnnxNegativeLogLikelihoodLoss = Attributes<{
    ignore_index?: Int;
    reduction?: Text;
}>;
type OnnxNonMaxSuppression = Attributes<{
    center_point_box?: Int;
}>;
type OnnxOneHot = Attributes<{
    axis?: Int;
}>;
type OnnxOptional = Attributes<{
    type?: TypeGiven;
}>;
type OnnxPad = Attributes<{
    mode?: Text;
    pads?: Ints;
    value?: Float;
}>;
type OnnxParametricSoftplus = Attributes<{
    alpha?: Float;
    beta?: Float;
}>;
type OnnxQLinearConv = Attributes<{
    auto_pad?: Text;
    dilations?: Ints;
    group?: Int;
    kernel_shape?: Ints;
    pads?: Ints;
    strides?: Ints;
}>;
type OnnxQuantizeLinear = Attributes<{
    axis?: Int;
    saturate?: Int;
    block_size?: Int;
    output_dtype?: Int;
    precision?: Int;
}>;
type OnnxRMSNormalization = Attributes<{
    axis?: Int;
    epsilon?: Float;
    stash_type?: Int;
}>;
type OnnxRNN = Attributes<{
    activation_alpha?: Floats;
    activation_beta?: Floats;
    activations?: Texts;
    clip?: Float;
    direction?: Text;
    hidden_size?: Int;
    layout?: Int;
}>;
type OnnxRandomNormal = Attributes<{
    dtype?: Int;
    mean?: Float;
    scale?: Float;
    seed?: Float;
    shape?: Ints;
}>;
type OnnxRandomNormalLike = Attributes<{
    dtype?: Int;
    mean?: Float;
    scale?: Float;
    seed?: Float;
}>;
type OnnxRandomUniform = Attributes<{
    dtype?: Int;
    high?: Float;
    low?: Float;
    seed?: Float;
    shape?: Ints;
}>;
type OnnxRandomUniformLike = Attributes<{
    dtype?: Int;
    high?: Float;
    low?: Float;
    seed?: Float;
}>;
type OnnxRange = Attributes<{
    stash_type?: Int;
}>;
type OnnxReduceL1 = Attributes<{
    axes?: Ints;
    keepdims?: Int;
    noop_with_empty_axes?: Int;
}>;
type OnnxReduceL2 = Attributes<{
    axes?: Ints;
    keepdims?: Int;
    noop_with_empty_axes?: Int;
}>;
type OnnxReduceLogSum = Attributes<{
    axes?: Ints;
    keepdims?: Int;
    noop_with_empty_axes?: Int;
}>;
type OnnxReduceLogSumExp = Attributes<{
    axes?: Ints;
    keepdims?: Int;
    noop_with_empty_axes?: Int;
}>;
type OnnxReduceMax = Attributes<{
    axes?: Ints;
    keepdims?: Int;
    noop_with_empty_axes?: Int;
}>;
type OnnxReduceMean = Attributes<{
    axes?: Ints;
    keepdims?: Int;
    noop_with_empty_axes?: Int;
}>;
type OnnxReduceMin = Attributes<{
    axes?: Ints;
    keepdims?: Int;
    noop_with_empty_axes?: Int;
}>;
type OnnxReduceProd = Attributes<{
    axes?: Ints;
    keepdims?: Int;
    noop_with_empty_axes?: Int;
}>;
type OnnxReduceSum = Attributes<{
    axes?: Ints;
    keepdims?: Int;
    noop_with_empty_axes?: Int;
}>;
type OnnxReduceSumSquare = Attributes<{
    axes?: Ints;
    keepdims?: Int;
    noop_with_empty_axes?: Int;
}>;
type OnnxRegexFullMatch = Attributes<{
    pattern?: Text;
}>;
type OnnxReshape = Attributes<{
    allowzero?: Int;
}>;
type OnnxResize = Attributes<{
    mode?: Text;
    coordinate_transformation_mode?: Text;
    cubic_coeff_a?: Float;
    exclude_outside?: Int;
    extrapolation_value?: Float;
    nearest_mode?: Text;
    antialias?: Int;
    axes?: Ints;
    keep_aspect_ratio_policy?: Text;
}>;
type OnnxReverseSequence = Attributes<{
    batch_axis?: Int;
    time_axis?: Int;
}>;
type OnnxRoiAlign = Attributes<{
    mode?: Text;
    output_height?: Int;
    output_width?: Int;
    sampling_ratio?: Int;
    spatial_scale?: Float;
    coordinate_transformation_mode?: Text;
}>;
type OnnxRotaryEmbedding = Attributes<{
    interleaved?: Int;
    num_heads?: Int;
    rotary_embedding_dim?: Int;
}>;
type OnnxSTFT = Attributes<{
    onesided?: Int;
}>;
type OnnxScale = Attributes<{
    scale?: Float;
}>;
type OnnxScaledTanh = Attributes<{
    alpha?: Float;
    beta?: Float;
}>;
type OnnxScan = Attributes<{
    body?: BodyGiven;
    directions?: Ints;
    num_scan_inputs?: Int;
    scan_input_axes?: Ints;
    scan_input_directions?: Ints;
    scan_output_axes?: Ints;
    scan_output_directions?: Ints;
}>;
type OnnxScatter = Attributes<{
    axis?: Int;
}>;
type OnnxScatterElements = Attributes<{
    axis?: Int;
    reduction?: Text;
}>;
type OnnxScatterND = Attributes<{
    reduction?: Text;
}>;
type OnnxSelu = Attributes<{
    alpha?: Float;
    gamma?: Float;
}>;
type OnnxSequenceEmpty = Attributes<{
    dtype?: Int;
}>;
type OnnxSequenceMap = Attributes<{
    body?: BodyGiven;
}>;
type OnnxShape = Attributes<{
    end?: Int;
    start?: Int;
}>;
type OnnxShrink = Attributes<{
    bias?: Float;
    lambd?: Float;
}>;
type OnnxSimplifiedLayerNormalization = Attributes<{
    axis?: Int;
    epsilon?: Float;
    stash_type?: Int;
}>;
type OnnxSlice = Attributes<{
    axes?: Ints;
    ends?: Ints;
    starts?: Ints;
}>;
type OnnxSoftmax = Attributes<{
    axis?: Int;
}>;
type OnnxSoftmaxCrossEntropyLoss = Attributes<{
    ignore_index?: Int;
    reduction?: Text;
}>;
type OnnxSpaceToDepth = Attributes<{
    blocksize?: Int;
    mode?: Text;
}>;
type OnnxSplit = Attributes<{
    axis?: Int;
    split?: Ints;
    num_outputs?: Int;
}>;
type OnnxSplitToSequence = Attributes<{
    axis?: Int;
    keepdims?: Int;
}>;
type OnnxSqueeze = Attributes<{
    axes?: Ints;
}>;
type OnnxStringNormalizer = Attributes<{
    case_change_action?: Text;
    is_case_sensitive?: Int;
    locale?: Text;
    stopwords?: Texts;
}>;
type OnnxStringSplit = Attributes<{
    delimiter?: Text;
    maxsplit?: Int;
}>;
type OnnxSwiGLU = Attributes<{
    alpha?: Float;
}>;
type OnnxSwish = Attributes<{
    alpha?: Float;
}>;
type OnnxTensorScatter = Attributes<{
    axis?: Int;
    mode?: Text;
}>;
type OnnxTfIdfVectorizer = Attributes<{
    max_gram_length?: Int;
    max_skip_count?: Int;
    min_gram_length?: Int;
    mode?: Text;
    ngram_counts?: Ints;
    ngram_indexes?: Ints;
    pool_int64s?: Ints;
    pool_strings?: Texts;
    weights?: Floats;
}>;
type OnnxThresholdedRelu = Attributes<{
    alpha?: Float;
}>;
type OnnxTopK = Attributes<{
    axis?: Int;
    k?: Int;
    largest?: Int;
    sorted?: Int;
}>;
type OnnxTranspose = Attributes<{
    perm?: Ints;
}>;
type OnnxTrilu = Attributes<{
    upper?: Int;
}>;
type OnnxUnique = Attributes<{
    axis?: Int;
    sorted?: Int;
}>;
type OnnxUnsqueeze = Attributes<{
    axes?: Ints;
}>;
type OnnxUpsample = Attributes<{
    mode?: Text;
    scales?: Floats;
}>;
type TensorGiven = Tensor | Attribute;
type Text = string | Attribute;
type Texts = readonly string[] | Attribute;
type TypeGiven = ValueType | Attribute;
