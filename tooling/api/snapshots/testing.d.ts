// The public API of @damson/testing. Written by `pnpm api --update`; a change here is a change for users.

// @damson/testing
export interface AlgorithmCases<P extends Params> {
    readonly accepts: Readonly<Record<string, MakeModel>>;
    readonly refuses: Readonly<Record<string, {
        readonly model: MakeModel;
        readonly reason: RegExp;
    }>>;
    readonly expect: {
        readonly outputs: 'equal' | {
            readonly sqnr: number;
        };
        readonly size?: number;
    };
    readonly params?: Partial<Values<P>>;
    readonly inert?: Readonly<Record<string, string>>;
    readonly measured?: string;
    readonly samples?: (model: Model) => Promise<readonly Sample[]>;
    readonly dims?: Readonly<Record<string, number>>;
    readonly target?: Target;
    readonly module?: {
        readonly url: string;
        readonly name: string;
    };
}
export interface Check {
    readonly name: string;
    readonly run: (subject: Subject) => Promise<readonly string[]>;
}
export interface Difference {
    readonly output: string;
    readonly reason: string;
}
export interface Finding {
    readonly check: string;
    readonly problem: string;
}
export type MakeModel = () => Model | Promise<Model>;
export interface Subject {
    readonly defined: Defined<Params, State>;
    readonly cases: AlgorithmCases<Params>;
    readonly runtime: Runtime;
}
export interface Tolerance {
    readonly atol: number;
    readonly rtol: number;
}
export function checkAlgorithm<P extends Params, S extends State>(defined: Defined<P, S>, cases: AlgorithmCases<P>, runtime: Runtime, chosen?: readonly Check[]): Promise<readonly Finding[]>;
export const checks: readonly Check[];
export function describeAlgorithm<P extends Params, S extends State>(defined: Defined<P, S>, cases: AlgorithmCases<P>, options?: {
    readonly runtime?: Runtime;
}): void;
export function differences(actual: Outputs, expected: Outputs, tolerance: Tolerance): readonly Difference[];
export function expectSameOutputs(runtime: Runtime, actual: Model | Graph, expected: Model | Graph, options: Tolerance & {
    readonly feeds: Feeds;
    readonly part?: string;
}): Promise<void>;
export function goldenArray(file: string, base: string): Promise<TensorData>;
export function goldenJson(file: string, base: string): Promise<unknown>;
export { readNpy } // of another package
export function runOnce(runtime: Runtime, model: Model | Graph, feeds: Feeds, part?: string): Promise<Outputs>;
export function seededNormal(seed: number, count: number, scale?: number): Float32Array;
export function seededRandom(seed: number): () => number;
export { sqnr } // of another package
export function tinyConvNet(): Model;
export function tinyEncoder(): Model;
export function tinyMlp(): Model;
export const tinyModels: Readonly<Record<'mlp' | 'encoder' | 'convNet' | 'unet' | 'recurrent', () => Model>>;
export function tinyRecurrent(): Model;
export function tinyUnet(): Model;

// @damson/testing/check
export interface AlgorithmCases<P extends Params> {
    readonly accepts: Readonly<Record<string, MakeModel>>;
    readonly refuses: Readonly<Record<string, {
        readonly model: MakeModel;
        readonly reason: RegExp;
    }>>;
    readonly expect: {
        readonly outputs: 'equal' | {
            readonly sqnr: number;
        };
        readonly size?: number;
    };
    readonly params?: Partial<Values<P>>;
    readonly inert?: Readonly<Record<string, string>>;
    readonly measured?: string;
    readonly samples?: (model: Model) => Promise<readonly Sample[]>;
    readonly dims?: Readonly<Record<string, number>>;
    readonly target?: Target;
    readonly module?: {
        readonly url: string;
        readonly name: string;
    };
}
export interface Check {
    readonly name: string;
    readonly run: (subject: Subject) => Promise<readonly string[]>;
}
export interface Finding {
    readonly check: string;
    readonly problem: string;
}
export type MakeModel = () => Model | Promise<Model>;
export type Order = 'as planned' | 'as listed' | 'turned';
export interface PairCase {
    readonly ground: PairGround;
    readonly placement: Placement;
    readonly steps: readonly [
        Step,
        Step
    ];
}
export interface PairGround {
    readonly name: string;
    readonly model: Model;
    readonly part: string;
    readonly other: string;
    readonly head: string;
    readonly dims?: Readonly<Record<string, number>>;
    feeds(part: string, run: number): readonly Feeds[];
}
export type PairOutcome = {
    readonly plan: Plan;
    readonly prices?: undefined;
} | {
    readonly plan: Plan;
    readonly prices: readonly PairPrice[];
};
export interface PairPrice {
    readonly order: Order;
    readonly output: string;
    readonly noise: number;
    readonly singles: readonly [
        number,
        number
    ];
    readonly signal: number;
    readonly share: number;
}
export class PairPricer {
    #private;
    constructor(runtime: Runtime);
    price(pair: PairCase): Promise<PairOutcome>;
}
export type Placement = 'one part' | 'disjoint parts' | 'disjoint nodes';
export interface Subject {
    readonly defined: Defined<Params, State>;
    readonly cases: AlgorithmCases<Params>;
    readonly runtime: Runtime;
}
export function caseNames({ ground, placement, steps }: PairCase): readonly string[];
export function checkAlgorithm<P extends Params, S extends State>(defined: Defined<P, S>, cases: AlgorithmCases<P>, runtime: Runtime, chosen?: readonly Check[]): Promise<readonly Finding[]>;
export const checks: readonly Check[];
export function coveringSample(cases: readonly (readonly string[])[], counts?: (a: string, b: string) => boolean): readonly number[];
export function pairCases(grounds: readonly PairGround[], algorithms: readonly AnyAlgorithm[]): readonly PairCase[];
export function seededNormal(seed: number, count: number, scale?: number): Float32Array;
