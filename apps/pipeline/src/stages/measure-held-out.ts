/**
 * What a tuned model makes of held-out conversations and preference pairs, by the loss that it is trained with.
 *
 * Units: `loss` and `loss/<language>` are nats per token of the answers, of pairs the loss per pair; pairs have TRL's metrics too
 * (`rewards/accuracies`, with `/<language>`), against the model before the stage.
 */
import {
  type Conversation,
  type EncodedPreferencePair,
  type PreferenceBatch,
  packConversations,
  packPreferencePairs,
  precomputeReferenceLogProbs,
} from '@marco-ts/aligner';
import type { LossFn, ParamMap } from '@marco-ts/core';
import type { TokenBatch } from '@marco-ts/data';
import type { Tokenizer } from '@marco-ts/tokenizer';
import { evaluateLoss } from '@marco-ts/trainer';
import type { StageModel } from '../stage-files/model-files.ts';

/** Measures parameters by name of the metric. */
export type Measure = (params: ParamMap) => Promise<Readonly<Record<string, number>>>;

interface HeldOut<Batch> {
  readonly tokenizer: Tokenizer;
  readonly settings: { readonly sequenceLength: number; readonly microBatchSize: number };
  readonly lossFn: LossFn<Batch>;
  readonly signal: AbortSignal;
}

/** @returns undefined without conversations */
export function measureConversations(
  options: HeldOut<TokenBatch> & { readonly conversations: readonly Conversation[] },
): Measure | undefined {
  const { conversations, tokenizer, settings, lossFn, signal } = options;
  if (conversations.length === 0) return undefined;
  const { sequenceLength, microBatchSize } = settings;
  const loader = packConversations({ tokenizer, conversations, sequenceLength, microBatchSize, seed: 0 });
  return async (params) => {
    const { loss, groups = {} } = await evaluateLoss<TokenBatch>({
      ...loader,
      params,
      lossFn,
      groupNames: loader.sourceNames,
      signal,
    });
    return {
      loss,
      ...Object.fromEntries(Object.entries(groups).map(([language, group]) => [`loss/${language}`, group.loss])),
    };
  };
}

/**
 * @param options.model before training: the reference
 * @returns undefined without pairs
 */
export async function measurePreferences(
  options: HeldOut<PreferenceBatch> & {
    readonly pairs: readonly EncodedPreferencePair[];
    readonly model: StageModel;
    readonly needsReference: boolean;
  },
): Promise<Measure | undefined> {
  const { tokenizer, settings, lossFn, signal, model, needsReference } = options;
  if (options.pairs.length === 0) return undefined;
  // The loss tells kinds of pairs apart: here they are the languages.
  const pairs = options.pairs.map((pair) => ({ ...pair, kind: pair.language }));
  const { sequenceLength, microBatchSize } = settings;
  const shape = { pairs, sequenceLength, microBatchSize, padTokenId: tokenizer.padTokenId };
  const reference = needsReference ? await precomputeReferenceLogProbs({ ...shape, ...model, signal }) : undefined;
  const loader = packPreferencePairs({ ...shape, ...(reference && { reference }), seed: 0 });
  return async (params) => {
    const { loss, metrics } = await evaluateLoss<PreferenceBatch>({ ...loader, params, lossFn, signal });
    return { loss, ...metrics };
  };
}
