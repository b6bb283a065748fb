// The public API of @damson/pipelines. Written by `pnpm api --update`; a change here is a change for users.

// @damson/pipelines
export interface Conditioning {
    readonly states: FloatTensor;
    readonly pooled?: FloatTensor;
}
export interface FloatTensor {
    readonly dtype: 'float32';
    readonly shape: readonly number[];
    readonly data: Float32Array;
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
export interface PromptTokenizer {
    readonly most: number | undefined;
    encode(text: string): readonly number[];
    padded(text: string, length: number): readonly number[];
}
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
export function ddim(config?: SchedulerConfig): Scheduler;
export function ddpm(config?: SchedulerConfig): Scheduler;
export function dpmSolverMultistep(config?: SchedulerConfig): Scheduler;
export function euler(config?: SchedulerConfig): Scheduler;
export function eulerAncestral(config?: SchedulerConfig): Scheduler;
export function flowMatchEuler(config?: SchedulerConfig): Scheduler;
export function heun(config?: SchedulerConfig): Scheduler;
export function imageToImage(model: Model, options?: PipelineOptions): Promise<ImageToImage>;
export function inpaint(model: Model, options?: PipelineOptions): Promise<Inpaint>;
export function lcm(config?: SchedulerConfig): Scheduler;
export function normalNoise(count: number, { seed, draw }: NoiseStream): Float32Array;
export function openTokenizer(model: Model, folder: string): Promise<PromptTokenizer | undefined>;
export function picturesOf(tensor: TensorData): readonly Picture[];
export function pndm(config?: SchedulerConfig): Scheduler;
export function readPicture(bytes: Uint8Array): Promise<Picture>;
export function record<Input>(pipeline: Pipeline<Input, unknown>, inputs: Iterable<Input> | AsyncIterable<Input>, options?: Omit<RecordOptions, 'runtime'>): Promise<SampleSet>;
export function resized(picture: Picture, width: number, height: number): Picture;
export function rgbaOf({ width, height, channels, data }: Picture): Uint8ClampedArray<ArrayBuffer>;
export function schedulerOf(name: string, config?: SchedulerConfig): Scheduler;
export const startState: SchedulerState;
export function tensorOfPicture(picture: Picture): FloatTensor;
export function textToImage(model: Model, options?: PipelineOptions): Promise<TextToImage>;
export function toPng(picture: Picture): Promise<Uint8Array>;
export function uniPc(config?: SchedulerConfig): Scheduler;
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
