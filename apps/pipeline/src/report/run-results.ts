/**
 * Everything a report says, as one typed object: `results.json` is this object, `report.html` and `report.md` are drawn from it.
 *
 * Units: seconds, bytes, tokens; loss in nats per token; `bitsPerByte` compares across tokenizers; chrF and BLEU from 0 to 100; accuracies from 0 to 1.
 */
import type { EvalContamination } from '@marco-ts/eval';
import type { Recipe } from '../config/recipe-schema.ts';

/** What one stage took and counted. */
export interface StageResult {
  readonly name: string;
  readonly title: string;
  readonly seconds: number;
  readonly peakRssBytes: number;
  readonly counts: Readonly<Record<string, number>>;
}

/** `read = kept + sum of dropped counts`. */
export interface FunnelResult {
  readonly read: number;
  readonly kept: number;
  readonly dropped: readonly { readonly reason: string; readonly language: string; readonly count: number }[];
  readonly keptByLanguage: readonly { readonly language: string; readonly count: number }[];
}

/** Tokens of one source in one stage. */
export interface MixtureResult {
  readonly stage: string;
  readonly source: string;
  readonly plannedTokens: number;
  readonly usedTokens: number;
  /** how often the source's tokens were seen in this stage */
  readonly epochs: number;
}

/** How many tokens the tokenizer spends on one language. */
export interface FertilityResult {
  readonly language: string;
  readonly tokensPerWord: number;
  readonly bytesPerToken: number;
  readonly numDocuments: number;
}

/** One line of that log. */
export interface TrainingStep {
  readonly step: number;
  /** tokens trained on since the stage began */
  readonly numTokens: number;
  /** nats per token for pretraining and sft; the preference loss for preference */
  readonly loss: number;
  readonly learningRate: number;
  readonly gradNorm: number;
  readonly tokensPerSecond: number;
  /** nats per token by mixture source, for the sources present in these steps */
  readonly lossBySource?: Readonly<Record<string, number>>;
  /** TRL's metric names, for the preference stage: `rewards/accuracies`, `rewards/margins`, ... */
  readonly metrics?: Readonly<Record<string, number>>;
}

/** The log of one training stage. */
export interface TrainingResult {
  readonly stage: string;
  readonly title: string;
  readonly steps: readonly TrainingStep[];
}

/** One score, of everything or of one group. */
export interface TaskScore {
  /** what the score is of: a language, a tier, a direction like `eng_Latn>swh_Latn`, or `all` */
  readonly group: string;
  readonly groupKind: 'all' | 'tier' | 'language' | 'direction' | 'kind';
  readonly value: number;
  readonly stderr?: number;
  /** documents, segments or items behind the value */
  readonly numItems: number;
}

/** The scores of one task by one metric. */
export interface TaskResult {
  readonly task: 'bits-per-byte' | 'translation' | 'cloze' | 'preference';
  /** of preferences, `acc` compares log-probabilities per token, and `rewardAcc` the implicit rewards against the model before alignment */
  readonly metric: 'bitsPerByte' | 'chrf' | 'bleu' | 'acc' | 'rewardAcc';
  readonly higherIsBetter: boolean;
  /** score of random guessing, for accuracies */
  readonly chance?: number;
  /** sacrebleu's signature, for chrF and BLEU */
  readonly signature?: string;
  readonly scores: readonly TaskScore[];
}

/** All tasks after one stage; `afterStage` of the first is `init`: the model before any training. */
export interface EvaluationResult {
  readonly afterStage: string;
  readonly title: string;
  readonly tasks: readonly TaskResult[];
}

/** Something that the model wrote after a stage. */
export interface SampleResult {
  readonly afterStage: string;
  readonly kind: 'continuation' | 'translation' | 'chat';
  readonly language: string;
  readonly prompt: string;
  readonly generated: string;
  /** what a person wrote, where it is known */
  readonly reference?: string;
}

/** The model before any training against the last one evaluated, on the same items. */
export interface ComparisonResult {
  /** level of significance, after Holm's correction within each metric and kind of group */
  readonly alpha: number;
  readonly rows: readonly {
    readonly task: string;
    readonly metric: string;
    readonly grouping: string;
    readonly group: string;
    readonly before: number;
    readonly after: number;
    /** Holm's; null where there is no test */
    readonly pValue: number | null;
    readonly significant: boolean;
    readonly improved: boolean;
    readonly numItems: number;
    /** score of guessing; null where there is none */
    readonly chance: number | null;
  }[];
  /** tasks of the rows that are benchmarks, in their order */
  readonly benchmarks: readonly string[];
  readonly disagreements: readonly {
    readonly task: string;
    readonly metric: string;
    readonly bothRight: number;
    readonly onlyBefore: number;
    readonly onlyAfter: number;
    readonly bothWrong: number;
    /** of benchmarks: what was right, and what each model chose or wrote */
    readonly examples: readonly {
      readonly kind: 'lost' | 'gained';
      readonly id: string;
      readonly language: string;
      readonly right: string;
      readonly before: string;
      readonly after: string;
    }[];
  }[];
  /** held-out documents that share an n-gram with training text */
  readonly contamination?: { readonly n: number; readonly numCompared: number; readonly numContaminated: number };
  /** items of each task that share an n-gram with training text */
  readonly taskContamination?: EvalContamination;
}

/** What the run took. */
export interface CostResult {
  readonly seconds: number;
  readonly peakRssBytes: number;
  /** tokens trained on, all training stages together */
  readonly trainedTokens: number;
  /** floating-point operations of training, from the model's formula */
  readonly trainingFlops: number;
}

/** Everything that is known of a finished run. */
export interface RunResults {
  readonly schemaVersion: 1;
  readonly recipe: Recipe;
  /** versions of marco-ts and of Node */
  readonly versions: Readonly<Record<string, string>>;
  readonly backend: { readonly name: string; readonly why: string; readonly numThreads?: number };
  readonly machine: {
    readonly cpu: string;
    readonly numCores: number;
    readonly memoryBytes: number;
    readonly platform: string;
  };
  /** ISO 8601 */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly stages: readonly StageResult[];
  readonly funnel: FunnelResult;
  readonly mixture: readonly MixtureResult[];
  readonly fertility: readonly FertilityResult[];
  readonly numParameters: number;
  readonly training: readonly TrainingResult[];
  readonly evaluations: readonly EvaluationResult[];
  /** absent until two models were evaluated */
  readonly comparison?: ComparisonResult;
  readonly samples: readonly SampleResult[];
  readonly cost: CostResult;
  /** plain sentences about what is a toy or a substitute; the report shows all of them */
  readonly caveats: readonly string[];
  /** files worth opening, relative to the run directory */
  readonly artifacts: readonly { readonly path: string; readonly what: string }[];
}
