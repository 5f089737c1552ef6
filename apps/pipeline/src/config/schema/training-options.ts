/**
 * What every training stage may be told beside the fields it must have; each is absent by default.
 */
import { z } from 'zod';

const share = z.number().min(0).max(1);
const count = z.int().positive();

/** An adapter, by LLaMA-Factory's and PEFT's meaning of the fields. */
export const loraSchema = z.strictObject({
  rank: count,
  /** its product counts alpha / rank times; default twice the rank */
  alpha: z.number().positive().optional(),
  /** linear layers by the end of their names, such as [q_proj, v_proj]; or `all-linear` (default), or a regular expression of whole names */
  targetModules: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]).optional(),
  /** alpha / √rank in place of alpha / rank */
  useRslora: z.boolean().optional(),
});

export const trainingOptions = {
  /** default adamw; muon moves the matrices inside the layers, AdamW the rest */
  optimizer: z.enum(['adamw', 'muon']).optional(),
  /** how the learning rate goes down after the warm-up; default cosine. wsd stays at the peak until `decayRatio` of the steps are left */
  learningRateSchedule: z.enum(['cosine', 'linear', 'constant', 'wsd']).optional(),
  /** of wsd: share of the steps in which the rate falls; default 0.2 */
  decayRatio: share.optional(),
  /** names of parameters that are not trained; `*` stands for any characters, as in `model.embed_tokens.*` */
  freeze: z.array(z.string().min(1)).min(1).optional(),
  /** trains an adapter and leaves the weights as they are: saved as `adapter/` in PEFT's format, handed on merged into the weights */
  lora: loraSchema.optional(),
  /** validation every so many steps, before the first and after the last; never when absent */
  evaluateEverySteps: count.optional(),
  /** judges a stage by one of its validation metrics, such as bits_per_byte/all or forgetting/english */
  watch: z
    .strictObject({
      metric: z.string().min(1),
      mode: z.enum(['min', 'max']).optional(),
      /** evaluations without improvement after which the stage ends; never when absent */
      patience: count.optional(),
      /** keeps the best checkpoint and hands that model on */
      keepBest: z.boolean().optional(),
    })
    .optional(),
  /** a loss or gradient that is not finite, or a spike, stops the run (default) or leaves that step out and tells */
  onDivergence: z.enum(['stop', 'skip']).optional(),
  /** robust deviations above the median of the last steps from which a loss or gradient norm is a spike; never when absent */
  spikeThreshold: z.number().positive().optional(),
  /** average of the weights along the stage, which is validated and handed on in place of the last weights */
  weightAverage: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('exponential'), decay: z.number().min(0).lt(1) }),
      /** equal mean of every `everySteps`-th step of the last `share` of the stage */
      z.strictObject({ kind: z.literal('equal'), share: share.gt(0), everySteps: count }),
    ])
    .optional(),
  /** curves beside `training.jsonl`: TensorBoard files in the stage's directory, an MLflow server */
  reportTo: z.array(z.enum(['tensorboard', 'mlflow'])).optional(),
  /** for reportTo mlflow */
  mlflow: z.strictObject({ trackingUri: z.url(), experimentName: z.string().min(1) }).optional(),
};

const all = z.object(trainingOptions);
export type TrainingOptions = z.output<typeof all>;
