// The public API of @damson/pipelines. Written by `pnpm api --update`; a change here is a change for users.

// @damson/pipelines
export interface Box {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
}
export type ClassifyImage = Pipeline<ClassifyImageInput, ClassifyImageResult>;
export interface ClassifyImageInput {
    readonly picture: Picture | readonly Picture[];
    readonly top?: number;
    readonly batch?: number;
    readonly signal?: AbortSignal;
}
export interface ClassifyImageOptions extends PipelineOptions {
    readonly preprocessor?: Json;
    readonly labels?: readonly string[];
}
export interface ClassifyImageResult {
    readonly classes: readonly (readonly ImageClass[])[];
}
export interface Conditioning {
    readonly states: FloatTensor;
    readonly pooled?: FloatTensor;
}
export type Detect = Pipeline<DetectInput, DetectResult>;
export interface DetectInput {
    readonly picture: Picture | readonly Picture[];
    readonly threshold?: number;
    readonly overlap?: number;
    readonly signal?: AbortSignal;
}
export interface DetectOptions extends PipelineOptions {
    readonly labels?: readonly string[];
}
export interface DetectResult {
    readonly detections: readonly (readonly Detection[])[];
}
export interface Detection {
    readonly box: Box;
    readonly index: number;
    readonly label: string;
    readonly score: number;
}
export type Embed = Pipeline<EmbedInput, EmbedResult>;
export interface EmbedInput {
    readonly text?: string | readonly string[];
    readonly tokens?: readonly (readonly number[])[];
    readonly batch?: number;
    readonly signal?: AbortSignal;
}
export interface EmbedOptions extends PipelineOptions {
    readonly tokenizer?: TextTokenizer;
    readonly pooling?: Pooling;
    readonly normalize?: boolean;
}
export interface EmbedResult {
    readonly embeddings: FloatTensor;
}
export type Ending = 'stop' | 'length';
export interface FloatTensor {
    readonly dtype: 'float32';
    readonly shape: readonly number[];
    readonly data: Float32Array;
}
export interface GeneratedToken {
    readonly row: number;
    readonly token: number;
    readonly text: string;
}
export interface ImageClass {
    readonly index: number;
    readonly label: string;
    readonly score: number;
}
export interface ImageResult {
    readonly pictures: readonly Picture[];
    readonly latents: FloatTensor;
    readonly seeds: readonly number[];
}
export interface ImageStep {
    readonly step: number;
    readonly steps: number;
    readonly timestep: number;
    readonly latents: FloatTensor;
    preview(): Promise<readonly Picture[]>;
}
export type ImageToImage = Pipeline<ImageToImageInput, ImageResult>;
export interface ImageToImageInput extends TextToImageInput {
    readonly picture: Picture;
    readonly strength?: number;
}
export type Inpaint = Pipeline<InpaintInput, ImageResult>;
export interface InpaintInput extends ImageToImageInput {
    readonly mask: Picture;
}
export interface NoiseStream {
    readonly seed: number;
    readonly draw?: number;
}
export interface Picture {
    readonly width: number;
    readonly height: number;
    readonly channels: 1 | 3 | 4;
    readonly data: Uint8Array;
}
export interface Pipeline<Input, Output> {
    readonly model: Model;
    readonly live: Live;
    run(input: Input): Promise<Output>;
    runThrough(begin: Begin, input: Input): Promise<Output>;
    close(): Promise<void>;
}
export interface PipelineOptions {
    readonly runtime?: OpenRuntime;
    readonly signal?: AbortSignal;
}
export type Pooling = 'mean' | 'cls' | 'last';
export interface PromptTokenizer {
    readonly most: number | undefined;
    encode(text: string): readonly number[];
    padded(text: string, length: number): readonly number[];
}
export type Resample = 'nearest' | 'box' | 'bilinear' | 'hamming' | 'bicubic' | 'lanczos';
export interface Schedule {
    readonly timesteps: readonly number[];
    readonly sigmas: readonly number[];
    readonly order: 1 | 2;
    readonly startScale: number;
    needsNoise(index: number): boolean;
    scaleInput(sample: Float32Array, index: number): Float32Array;
    step(input: StepInput): StepResult;
    addNoise(clean: Float32Array, noise: Float32Array, index: number): Float32Array;
}
export interface ScheduleOptions {
    readonly steps: number;
    readonly sigmas?: readonly number[];
    readonly mu?: number;
    readonly eta?: number;
    readonly strength?: number;
}
export interface Scheduler {
    readonly name: string;
    readonly config: SchedulerConfig;
    schedule(options: ScheduleOptions): Schedule;
}
export type SchedulerChoice = string | Scheduler | {
    readonly name: string;
    readonly config: SchedulerConfig;
};
export type SchedulerConfig = Readonly<Record<string, unknown>>;
export type SchedulerName = keyof typeof schedulers;
export interface SchedulerState {
    readonly calls: number;
    readonly outputs: readonly Float32Array[];
    readonly sample?: Float32Array;
    readonly sum?: Float32Array;
}
export interface Sound {
    readonly rate: number;
    readonly samples: Float32Array;
}
export interface StepInput {
    readonly sample: Float32Array;
    readonly output: Float32Array;
    readonly index: number;
    readonly state: SchedulerState;
    readonly noise?: Float32Array;
}
export interface StepResult {
    readonly sample: Float32Array;
    readonly denoised: Float32Array;
    readonly state: SchedulerState;
}
export type TextGeneration = Pipeline<TextGenerationInput, TextGenerationResult>;
export interface TextGenerationInput {
    readonly prompt?: string | readonly string[];
    readonly tokens?: readonly (readonly number[])[];
    readonly maxTokens?: number;
    readonly minTokens?: number;
    readonly stopTokens?: readonly number[];
    readonly temperature?: number;
    readonly topK?: number;
    readonly topP?: number;
    readonly repetitionPenalty?: number;
    readonly seed?: number | readonly number[];
    readonly useCache?: boolean;
    readonly controls?: Generation['controls'];
    readonly signal?: AbortSignal;
    readonly onToken?: (step: GeneratedToken) => void | Promise<void>;
}
export interface TextGenerationOptions extends PipelineOptions {
    readonly tokenizer?: TextTokenizer;
}
export interface TextGenerationResult {
    readonly texts: readonly string[];
    readonly tokens: readonly (readonly number[])[];
    readonly endings: readonly Ending[];
    readonly seeds: readonly number[];
}
export type TextToImage = Pipeline<TextToImageInput, ImageResult>;
export interface TextToImageInput {
    readonly prompt?: string | readonly string[];
    readonly negativePrompt?: string | readonly string[];
    readonly conditioning?: Conditioning;
    readonly negativeConditioning?: Conditioning;
    readonly imagesPerPrompt?: number;
    readonly steps?: number;
    readonly guidance?: number;
    readonly trueGuidance?: number;
    readonly guidanceMode?: 'batched' | 'sequential';
    readonly seed?: number | readonly number[];
    readonly width?: number;
    readonly height?: number;
    readonly latents?: TensorData;
    readonly scheduler?: SchedulerChoice;
    readonly eta?: number;
    readonly output?: 'pictures' | 'latents';
    readonly controls?: Generation['controls'];
    readonly signal?: AbortSignal;
    readonly onStep?: (step: ImageStep) => void | Promise<void>;
}
export interface TextTokenizer {
    readonly most: number | undefined;
    readonly pad: number | undefined;
    encode(text: string): readonly number[];
    decode(ids: readonly number[]): string;
    idOf(token: string): number | undefined;
}
export type Transcribe = Pipeline<TranscribeInput, TranscribeResult>;
export interface TranscribeInput {
    readonly sound: Sound;
    readonly language?: string;
    readonly task?: 'transcribe' | 'translate';
    readonly maxTokens?: number;
    readonly useCache?: boolean;
    readonly signal?: AbortSignal;
    readonly onToken?: (step: {
        readonly piece: number;
        readonly token: number;
    }) => void | Promise<void>;
}
export interface TranscribeOptions extends PipelineOptions {
    readonly tokenizer?: TextTokenizer;
}
export interface TranscribeResult {
    readonly text: string;
    readonly pieces: readonly TranscribedPiece[];
}
export interface TranscribedPiece {
    readonly seconds: number;
    readonly text: string;
    readonly prompt: readonly number[];
    readonly tokens: readonly number[];
}
export interface UnigramOptions {
    readonly unknown?: number;
    readonly pad?: number;
}
export type Upscale = Pipeline<UpscaleInput, UpscaleResult>;
export interface UpscaleInput {
    readonly picture: Picture;
    readonly tile?: number;
    readonly overlap?: number;
    readonly signal?: AbortSignal;
    readonly onTile?: (progress: {
        readonly tile: number;
        readonly tiles: number;
    }) => void | Promise<void>;
}
export interface UpscaleOptions extends PipelineOptions {
    readonly white?: 1 | 255;
}
export interface UpscaleResult {
    readonly picture: Picture;
    readonly factor: number;
}
export function classifyImage(model: Model, options?: ClassifyImageOptions): Promise<ClassifyImage>;
export function ddim(config?: SchedulerConfig): Scheduler;
export function ddpm(config?: SchedulerConfig): Scheduler;
export function detect(model: Model, options?: DetectOptions): Promise<Detect>;
export function differenceOf(a: Picture, b: Picture, gain?: number): Picture;
export function dpmSolverMultistep(config?: SchedulerConfig): Scheduler;
export function embed(model: Model, options?: EmbedOptions): Promise<Embed>;
export function euler(config?: SchedulerConfig): Scheduler;
export function eulerAncestral(config?: SchedulerConfig): Scheduler;
export function flowMatchEuler(config?: SchedulerConfig): Scheduler;
export function heun(config?: SchedulerConfig): Scheduler;
export function imageToImage(model: Model, options?: PipelineOptions): Promise<ImageToImage>;
export function inpaint(model: Model, options?: PipelineOptions): Promise<Inpaint>;
export function lcm(config?: SchedulerConfig): Scheduler;
export function llama2cTokenizer(bytes: Uint8Array): TextTokenizer;
export function normalNoise(count: number, { seed, draw }: NoiseStream): Float32Array;
export function openTokenizer(model: Model, folder: string): Promise<PromptTokenizer | undefined>;
export function picturesOf(tensor: TensorData): readonly Picture[];
export function pndm(config?: SchedulerConfig): Scheduler;
export function psnr(a: Picture, b: Picture): number;
export function readPicture(bytes: Uint8Array): Promise<Picture>;
export function readWav(bytes: Uint8Array): Sound;
export function record<Input>(pipeline: Pipeline<Input, unknown>, inputs: Iterable<Input> | AsyncIterable<Input>, options?: Omit<RecordOptions, 'runtime'>): Promise<SampleSet>;
export function resampled(picture: Picture, width: number, height: number, resample: Resample): Picture;
export function resized(picture: Picture, width: number, height: number): Picture;
export function rgbaOf({ width, height, channels, data }: Picture): Uint8ClampedArray<ArrayBuffer>;
export function schedulerOf(name: string, config?: SchedulerConfig): Scheduler;
export function ssim(a: Picture, b: Picture): number;
export const startState: SchedulerState;
export function tensorOfPicture(picture: Picture): FloatTensor;
export function textGeneration(model: Model, options?: TextGenerationOptions): Promise<TextGeneration>;
export function textToImage(model: Model, options?: PipelineOptions): Promise<TextToImage>;
export function textTokenizer(definition: Json, config?: Json): TextTokenizer;
export function toPng(picture: Picture): Promise<Uint8Array>;
export function transcribe(model: Model, options?: TranscribeOptions): Promise<Transcribe>;
export function uniPc(config?: SchedulerConfig): Scheduler;
export function unigramTokenizer(pieces: readonly (readonly [
    piece: string,
    score: number | null
])[], { unknown, pad }?: UnigramOptions): TextTokenizer;
export function upscale(model: Model, options?: UpscaleOptions): Promise<Upscale>;
// mentioned, not exported
const schedulers: {
    readonly DDIMScheduler: typeof ddim;
    readonly DDPMScheduler: typeof ddpm;
    readonly EulerDiscreteScheduler: typeof euler;
    readonly EulerAncestralDiscreteScheduler: typeof eulerAncestral;
    readonly HeunDiscreteScheduler: typeof heun;
    readonly DPMSolverMultistepScheduler: typeof dpmSolverMultistep;
    readonly UniPCMultistepScheduler: typeof uniPc;
    readonly LCMScheduler: typeof lcm;
    readonly PNDMScheduler: typeof pndm;
    readonly FlowMatchEulerDiscreteScheduler: typeof flowMatchEuler;
};
type Json = Readonly<Record<string, unknown>>;
