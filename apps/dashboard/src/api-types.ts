/**
 * What the server tells the page, as JSON. Everything is optional that a run may not have written yet.
 *
 * Units: seconds, nats per token, tokens per second; times are ISO 8601.
 */

export type StageStatus = 'finished' | 'running' | 'stopped' | 'waiting';

/** One stage of a run, finished, running or to come. */
export interface StageView {
  readonly name: string;
  readonly title: string;
  readonly status: StageStatus;
  /** it took, or has been running for */
  readonly seconds?: number;
  /** until it ends, where something tells */
  readonly etaSeconds?: number;
  /** of a running stage that counts steps */
  readonly step?: number;
  readonly numSteps?: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly peakRssBytes?: number;
  readonly hasTrainingLog: boolean;
}

/** A run in the list of runs. */
export interface RunListEntry {
  /** name of the directory; `.` for the served directory itself */
  readonly id: string;
  readonly name: string;
  readonly startedAt?: string;
  readonly isRunning: boolean;
  readonly numFinished: number;
  readonly numStages: number;
}

/** A run with its stages and the end of its log. */
export interface RunView extends RunListEntry {
  readonly stages: readonly StageView[];
  readonly elapsedSeconds: number;
  /** sum of what is known of the stages to come */
  readonly etaSeconds?: number;
  /** stages to come of which nothing is known */
  readonly numUnknown: number;
  readonly log: readonly string[];
  readonly caveats: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly backend?: { readonly name: string; readonly reason: string };
}

/** One curve, made smaller by keeping each bucket's least and greatest value. */
export interface Curve {
  readonly name: string;
  readonly steps: readonly number[];
  readonly values: readonly (number | null)[];
}

/** The curves of one training stage, thinned to what a screen can show. */
export interface TrainingView {
  readonly stage: string;
  readonly step: number;
  readonly numSteps: number;
  readonly isFinished: boolean;
  /** points in the log, before anything was left out */
  readonly numPoints: number;
  readonly firstStep: number;
  readonly lastStep: number;
  readonly curves: readonly Curve[];
  readonly warnings: readonly { readonly step: number; readonly message: string }[];
  readonly checkpoints: readonly number[];
}

/** What the data stage read, kept and dropped. */
export interface FunnelView {
  readonly read: number;
  readonly kept: number;
  readonly reasons: readonly { readonly reason: string; readonly count: number }[];
  readonly languages: readonly {
    readonly language: string;
    readonly read: number;
    readonly kept: number;
    readonly dropped: Readonly<Record<string, number>>;
  }[];
  readonly parallel?: {
    readonly read: number;
    readonly kept: number;
    readonly dropped: Readonly<Record<string, number>>;
  };
}

/** A kept or dropped document to look at; `isCut` where only its beginning is shown. */
export interface DocumentView {
  readonly id: string;
  readonly language?: string;
  readonly text: string;
  readonly isCut: boolean;
  readonly reason?: string;
  readonly detail?: string;
  readonly url?: string;
}

/** Some rows of a long file, and where the next ones begin. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** byte offset to go on from; absent at the end */
  readonly next?: number;
}

/** A translation pair, both sides shown beside each other. */
export interface ParallelPairView {
  readonly id: string;
  readonly source: string;
  readonly sourceLanguage?: string;
  readonly target: string;
  readonly targetLanguage?: string;
}

/** A preference pair, both answers shown beside each other. */
export interface PreferencePairView {
  readonly prompt: string;
  readonly chosen: string;
  readonly rejected: string;
  readonly language?: string;
  readonly kind?: string;
}

/** Tokens of one source in one stage: planned, packed and seen so far. */
export interface MixtureView {
  readonly stage: string;
  readonly source: string;
  readonly tier?: string;
  readonly plannedTokens: number;
  readonly usedTokens: number;
  readonly epochs: number;
  /** predicted tokens that the training log tells so far */
  readonly seenTokens: number;
}

/** Something that the model wrote after a stage. */
export interface SampleView {
  readonly afterStage: string;
  readonly kind: string;
  readonly language: string;
  readonly prompt: string;
  readonly generated: string;
  readonly reference?: string;
}

/** One score of an evaluation. */
export interface ScoreView {
  readonly task: string;
  readonly metric: string;
  readonly unit: string;
  readonly higherIsBetter: boolean;
  readonly chance?: number;
  readonly signature?: string;
  readonly grouping: string;
  readonly group: string;
  readonly value: number;
  readonly stderr?: number;
  readonly numItems: number;
}

/** All scores after one stage. */
export interface EvaluationView {
  /** stage that was measured */
  readonly after: string;
  readonly scores: readonly ScoreView[];
}

/** Bits per byte of each language after each stage and while training. */
export interface LanguagesView {
  readonly tiers: Readonly<Record<string, string>>;
  /** held-out text after each stage; the first is the base */
  readonly stages: readonly { readonly after: string; readonly bitsPerByte: Readonly<Record<string, number>> }[];
  /** validation while training */
  readonly validation: readonly {
    readonly stage: string;
    readonly step: number;
    readonly bitsPerByte: Readonly<Record<string, number>>;
  }[];
}

/** One score of two runs, and whether the change is more than chance. */
export interface ComparisonView {
  readonly task: string;
  readonly metric: string;
  readonly grouping: string;
  readonly group: string;
  readonly before: number;
  readonly after: number;
  readonly delta: number;
  readonly stderr: number | null;
  readonly pValue: number | null;
  /** adjusted for the number of groups that the metric is told for (Holm) */
  readonly adjustedPValue: number | null;
  readonly significant: boolean;
  readonly improved: boolean;
  readonly numSamples: number;
}

/** A field in which recipes differ, with its value in each. */
export interface RecipeDifference {
  readonly path: string;
  readonly values: readonly string[];
}
