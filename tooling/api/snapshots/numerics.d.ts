// The public API of @damson/numerics. Written by `pnpm api --update`; a change here is a change for users.

// @damson/numerics
export interface BandOptions {
    readonly bandBytes?: number;
}
export type BlockBits = 2 | 4 | 8;
export interface BlockRows {
    readonly from: number;
    readonly to: number;
    readonly packed: Uint8Array<ArrayBuffer>;
    readonly scales: Float32Array<ArrayBuffer>;
    readonly zeroPoints?: Uint8Array<ArrayBuffer>;
    readonly unsoundBlocks: number;
}
export type BlockRule = 'MatMulNBits' | 'GatherBlockQuantized';
export type BlockSearch = 'minmax' | 'mse' | 'kquant' | HalfQuadratic;
export interface BlockSizes {
    readonly kBlocks: number;
    readonly blob: number;
    readonly rowBytes: number;
    readonly zeroRowBytes: number;
    readonly sourceElementBytes: 2 | 4;
}
export interface BlockSpec {
    readonly K: number;
    readonly N: number;
    readonly layout: 'KN' | 'NK';
    readonly bits: BlockBits;
    readonly blockSize: number;
    readonly symmetric: boolean;
    readonly rule?: BlockRule;
    readonly dtype?: 'float32' | 'float16' | 'bfloat16';
    readonly search?: BlockSearch;
    readonly balance?: number;
}
export interface BlockStream {
    readonly spec: BlockSpec;
    readonly sizes: BlockSizes;
    readonly bandRows: number;
    readonly sourceRowBytes: number;
    readonly band: Uint8Array<ArrayBuffer>;
    push(rows: number): BlockRows | undefined;
}
export interface BookBlocks {
    readonly packed: Uint8Array<ArrayBuffer>;
    readonly absmax: Float32Array<ArrayBuffer>;
    readonly nonFinite: number;
}
export interface ChannelObserver {
    observe(values: Float32Array, shape: readonly number[], axis: number): void;
    result(): ChannelRanges;
}
export interface ChannelRanges {
    readonly min: Float32Array<ArrayBuffer>;
    readonly max: Float32Array<ArrayBuffer>;
    readonly absMax: Float32Array<ArrayBuffer>;
    readonly nonFinite: number;
}
export type CodeBits = 1 | 2 | 4 | 8;
export type CodeBook = 'nf4' | 'fp4';
export interface CodedBlocks {
    readonly packed: Uint8Array<ArrayBuffer>;
    readonly scales: Float32Array<ArrayBuffer>;
    readonly zeroPoints?: Uint8Array<ArrayBuffer>;
    readonly unsoundBlocks: number;
}
export interface CodedLinear {
    readonly codes: Uint8Array<ArrayBuffer>;
    readonly scales: Float32Array<ArrayBuffer>;
    readonly zeroPoints: Int32Array<ArrayBuffer>;
}
export interface EncodeOptions {
    readonly saturate?: boolean;
}
export interface HalfQuadratic {
    readonly zeroPoint: 'integer' | 'float';
    readonly iterations?: number;
    readonly p?: number;
}
export interface Histogram extends Range {
    readonly counts: Float64Array<ArrayBuffer>;
    readonly limit: number;
    readonly width: number;
}
export interface HistogramOptions {
    readonly bins?: number;
}
export interface Kernel {
    readonly engine: 'wasm' | 'typed-array';
    memoryBytes(): number;
    blocks(spec: BlockSpec, options?: BandOptions): BlockStream;
    range(spec: LinearSpec, options?: BandOptions): RangeStream;
    linear(spec: LinearSpec, scales: LinearScales, options?: BandOptions): LinearStream;
    narrow(spec: NarrowSpec, options?: BandOptions): NarrowStream;
}
export interface KernelOptions {
    readonly wasm?: 'auto' | 'off';
    readonly onFallback?: (reason: string) => void;
}
export interface KernelThread {
    run(job: ThreadJob): Promise<ThreadResult>;
}
export interface LinearFormat {
    readonly type: LinearType;
    readonly symmetric: boolean;
    readonly reduceRange?: boolean;
}
export interface LinearParameters {
    readonly scale: number;
    readonly zeroPoint: number;
}
export interface LinearRows {
    readonly from: number;
    readonly to: number;
    readonly codes: Uint8Array<ArrayBuffer>;
}
export interface LinearScales {
    readonly scales: Float32Array;
    readonly zeroPoints: Int32Array;
    readonly low: number;
    readonly high: number;
}
export interface LinearShape {
    readonly rows: number;
    readonly columns: number;
    readonly per: 'tensor' | 'row' | 'column';
    readonly channels: number;
}
export interface LinearSpec {
    readonly shape: readonly number[];
    readonly axis?: number;
    readonly dtype?: 'float32' | 'float16' | 'bfloat16';
}
export interface LinearStream extends Bands {
    push(rows: number): LinearRows;
}
export type LinearType = 'int8' | 'uint8';
export interface Moments {
    readonly count: number;
    readonly mean: number;
    readonly variance: number;
    readonly absMean: number;
    readonly rms: number;
    readonly nonFinite: number;
}
export interface MovingAverageOptions {
    readonly weight?: number;
}
export interface NarrowBand {
    readonly source: Uint8Array<ArrayBuffer>;
    push(count: number): Uint8Array<ArrayBuffer>;
}
export type NarrowFloat = 'float16' | 'bfloat16' | 'float8e4m3fn' | 'float8e4m3fnuz' | 'float8e5m2' | 'float8e5m2fnuz' | 'float4e2m1';
export interface NarrowSpec {
    readonly type: NarrowType;
    readonly limit?: number;
}
export interface NarrowStream {
    readonly bands: readonly [
        NarrowBand,
        NarrowBand
    ];
}
export type NarrowType = 'float16' | 'bfloat16' | 'float8e4m3fn' | 'float8e5m2';
export class NumericsError extends Error {
    readonly [brand] = true;
    readonly code: string;
    readonly details: Readonly<Record<string, unknown>>;
    constructor(code: string, message: string);
}
export interface Observer<R> {
    observe(values: Float32Array): void;
    result(): R;
}
export interface Range {
    readonly min: number;
    readonly max: number;
    readonly count: number;
    readonly nonFinite: number;
}
export interface RangeStream extends Bands {
    push(rows: number): void;
    result(): Ranges;
}
export interface Ranges {
    readonly min: Float32Array<ArrayBuffer>;
    readonly max: Float32Array<ArrayBuffer>;
    readonly nonFinite: number;
}
export interface ScaleEncodeOptions {
    readonly round?: 'up' | 'down' | 'nearest';
    readonly saturate?: boolean;
}
export interface ThreadBlockStream {
    readonly bandRows: number;
    readonly sourceRowBytes: number;
    push(bytes: Uint8Array<ArrayBuffer>, rows: number): Promise<ThreadPush>;
}
export interface ThreadJob {
    readonly module?: WebAssembly.Module;
    readonly bytes: number;
    readonly calls: readonly (readonly [
        string,
        ...number[]
    ])[];
    readonly writes: readonly (readonly [
        address: number,
        bytes: Uint8Array<ArrayBuffer>
    ])[];
    readonly reads: readonly (readonly [
        address: number,
        length: number
    ])[];
}
export interface ThreadPush {
    readonly done?: BlockRows;
    readonly returned: ArrayBuffer | undefined;
}
export interface ThreadResult {
    readonly results: readonly number[];
    readonly reads: readonly ArrayBuffer[];
    readonly returned: readonly ArrayBuffer[];
}
export function absoluteQuantile(histogram: Histogram, q: number): number;
export function blockSizes(spec: BlockSpec): BlockSizes;
export function blockSlices(spec: BlockSpec, maxBytes: number, options?: BandOptions): readonly {
    readonly from: number;
    readonly to: number;
}[];
export function blockStreamBytes(spec: BlockSpec, options?: BandOptions): number;
export function codeBookValues(book: CodeBook): Float32Array<ArrayBuffer>;
export function createChannelObserver(channels: number): ChannelObserver;
export function createHistogramObserver(options?: HistogramOptions): Observer<Histogram>;
export function createKernel(options?: KernelOptions): Kernel;
export function createMomentsObserver(): Observer<Moments>;
export function createMovingAverageObserver(options?: MovingAverageOptions): Observer<Range>;
export function createRangeObserver(): Observer<Range>;
export function decodeFloats(codes: Uint8Array | Uint16Array, type: NarrowFloat): Float32Array<ArrayBuffer>;
export function decodeScales(codes: Uint8Array): Float32Array<ArrayBuffer>;
export function dequantizeBlocks(coded: Omit<CodedBlocks, 'unsoundBlocks'>, spec: BlockSpec): Float32Array<ArrayBuffer>;
export function dequantizeByBook({ packed, absmax }: Omit<BookBlocks, 'nonFinite'>, count: number, blockSize: number, book: CodeBook): Float32Array<ArrayBuffer>;
export function encodeFloats(values: Float32Array, type: 'float16' | 'bfloat16', options?: EncodeOptions): Uint16Array<ArrayBuffer>;
export function encodeFloats(values: Float32Array, type: Exclude<NarrowFloat, 'float16' | 'bfloat16'>, options?: EncodeOptions): Uint8Array<ArrayBuffer>;
export function encodeScales(values: Float32Array, options?: ScaleEncodeOptions): Uint8Array<ArrayBuffer>;
export function flipCodeSigns(packed: Uint8Array, bits: CodeBits): Uint8Array<ArrayBuffer>;
export function hasFloatZeroPoints({ search, symmetric }: Pick<BlockSpec, 'search' | 'symmetric'>): boolean;
export function linearCodeRange({ type, symmetric, reduceRange }: LinearFormat): readonly [
    number,
    number
];
export function linearParameters(min: number, max: number, format: LinearFormat): LinearParameters;
export function linearScales(ranges: Omit<Ranges, 'nonFinite'>, format: LinearFormat): Omit<CodedLinear, 'codes'>;
export function linearShape(shape: readonly number[], axis?: number): LinearShape;
export function linearTypeRange(type: LinearFormat['type']): {
    readonly low: number;
    readonly high: number;
};
export function openThreadBlocks(thread: KernelThread, base: number, spec: BlockSpec, options?: BandOptions): ThreadBlockStream;
export function packCodes(codes: Uint8Array | Int8Array, bits: CodeBits): Uint8Array<ArrayBuffer>;
export function packThrough(packedRows: Uint8Array, rows: number, perRow: number, bits: CodeBits): Uint8Array<ArrayBuffer>;
export function packedBytes(count: number, bits: CodeBits): number;
export function quantile(histogram: Histogram, q: number): number;
export function quantizeBlocks(weight: Float32Array | Uint16Array, spec: BlockSpec, kernel?: Kernel): CodedBlocks;
export function quantizeByBook(values: Float32Array, blockSize: number, book: CodeBook): BookBlocks;
export function quantizeLinear(weight: Float32Array | Uint16Array, spec: LinearSpec, format: LinearFormat, kernel?: Kernel): CodedLinear;
export function roundToFloat16(value: number): number;
export function solveLinear(matrix: readonly (readonly number[])[], sides: readonly number[], least?: number): readonly number[] | undefined;
export function threadBase({ results }: ThreadResult): number;
export const threadProgram: string;
export function threadStart(): ThreadJob;
export function unpackCodes(packed: Uint8Array, bits: CodeBits, count: number): Uint8Array<ArrayBuffer>;
export function unpackSignedCodes(packed: Uint8Array, bits: CodeBits, count: number): Int8Array<ArrayBuffer>;
// mentioned, not exported
const brand: unique symbol;
interface Bands {
    readonly bandRows: number;
    readonly sourceRowBytes: number;
    readonly shape: LinearShape;
    readonly band: Uint8Array<ArrayBuffer>;
}
