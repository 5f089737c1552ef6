/**
 * An adapter that is trained in place of the weights: its first parameters, the loss as a function of them, the whole model again.
 */
import { disposeParams, type LossFn, type ParamMap } from '@marco-ts/core';
import { applyLora, initLoraParams, type LoraConfig, mergeLora, withLora } from '@marco-ts/model';
import { saveLora } from '@marco-ts/model/files';
import type { TrainingOptions } from '../config/schema/training-options.ts';
import { BadInputError } from '../errors.ts';
import type { StageModel } from '../stage-files/model-files.ts';

export type LoraSettings = NonNullable<TrainingOptions['lora']>;

export interface Adapter<Batch> {
  /** Changes nothing yet; owned by the caller. */
  readonly params: ParamMap;
  /** Of the adapter's parameters alone. */
  readonly lossFn: LossFn<Batch>;
  /** The base with an adapter beside its weights; new tensors. */
  applied(adapter: ParamMap): ParamMap;
  /** The base with an adapter inside its weights; new tensors. */
  merged(adapter: ParamMap): ParamMap;
  /** As a directory that PEFT opens. */
  save(directory: string, adapter: ParamMap): Promise<void>;
}

export function loraConfigOf({
  rank,
  alpha = 2 * rank,
  targetModules = 'all-linear',
  useRslora = false,
}: LoraSettings): LoraConfig {
  return { rank, alpha, targetModules, useRslora };
}

/**
 * @param base frozen; must outlive the adapter, which never changes or frees it
 * @throws BadInputError for an adapter of an output layer that is also the embedding: it could not be merged in the end
 */
export function makeAdapter<Batch>(
  { params: base, config }: StageModel,
  lossFn: LossFn<Batch>,
  settings: LoraSettings,
  seed: number,
): Adapter<Batch> {
  const lora = loraConfigOf(settings);
  const params = initLoraParams(config, lora, seed);
  if (config.tieWordEmbeddings && [...params.keys()].some((name) => name.includes('lm_head'))) {
    disposeParams(params);
    throw new BadInputError(
      `[@marco-ts/pipeline] train: lora.targetModules must leave out lm_head where the model shares it with the embedding, got ${JSON.stringify(lora.targetModules)}. Take all-linear, or name the others.`,
    );
  }
  return {
    params,
    lossFn: withLora(lossFn, base, config, lora),
    applied: (adapter) => applyLora(base, adapter, config, lora),
    merged: (adapter) => mergeLora(base, adapter, config, lora),
    save: (directory, adapter) => saveLora(directory, { config, lora, adapter, overwrite: true }),
  };
}
