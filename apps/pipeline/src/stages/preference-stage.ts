/**
 * Preference alignment on judge-free pairs: the true translation against the wrong language, a truncated one or another article.
 *
 * The paper names DPO and gives no data or settings (arXiv:2412.04003): pairs and numbers are a substitute. The reference is the model
 * before this stage; its log-probabilities are computed once and cached.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AlignedParagraph,
  buildTranslationPreferences,
  encodePreferencePairs,
  formatPreferenceTable,
  needsReference,
  type PreferenceBatch,
  packPreferencePairs,
  preferenceLoss,
  tableOfPairs,
} from '@marco-ts/aligner';
import { type LossFn, tf } from '@marco-ts/core';
import type { TokenBatch } from '@marco-ts/data';
import { causalLanguageModelLoss, type Qwen2Config } from '@marco-ts/model';
import { loadTokenizer } from '@marco-ts/tokenizer';
import type { Recipe } from '../config/recipe-schema.ts';
import type { Stage } from '../runner/stage.ts';
import { readParagraphs } from '../stage-files/data-files.ts';
import { writeJsonLines } from '../stage-files/json-lines.ts';
import { loadStageModel } from '../stage-files/model-files.ts';
import { measurePreferences } from './measure-held-out.ts';
import { openReplay } from './open-replay.ts';
import { CHECKPOINTS_DIRECTORY } from './run-training.ts';
import { startBackend } from './start-backend.ts';
import { trainOnPreferences } from './train-on-preferences.ts';
import { validateStage } from './validate-stage.ts';

type PreferenceSettings = NonNullable<Recipe['preference']>;

export const PREFERENCE_STAGE = 'preference';

export function preferenceStage(settings: PreferenceSettings, previous: string): Stage<Recipe> {
  return {
    name: PREFERENCE_STAGE,
    title: 'preference alignment (DPO)',
    dependsOn: ['data', 'tokenizer', 'shards', previous],
    resumesFrom: CHECKPOINTS_DIRECTORY,
    config: ({ seed, data }) => ({ preference: settings, seed, pivotLanguage: data.parallel.pivotLanguage }),
    async run(context) {
      const { directory, inputs, recipe, seed, log, signal } = context;
      const { sequenceLength, microBatchSize, numEpochs, numPairs, replayRows } = settings;
      await startBackend(recipe);
      const tokenizer = await loadTokenizer(inputs.tokenizer!);
      const paragraphs = await readParagraphs(inputs.data!, 'train');
      if (paragraphs.length === 0) {
        throw new Error(
          '[@marco-ts/pipeline] preference: there must be aligned paragraphs to make pairs from, got none. Give data.source.groupField for text that is translated, or leave `preference` out of the recipe.',
        );
      }
      const build = (from: readonly AlignedParagraph[], maxPerLanguage: number) =>
        buildTranslationPreferences({
          paragraphs: from,
          pivotLanguage: recipe.data.parallel.pivotLanguage,
          kinds: settings.rejectedKinds,
          maxPerLanguage,
          seed,
        });
      const numLanguages = new Set(paragraphs.map(({ language }) => language)).size - 1;
      const preferences = build(paragraphs, Math.max(1, Math.ceil(numPairs / numLanguages)));
      const { pairs, tooLong, tooLongRows } = encodePreferencePairs(tokenizer, preferences.pairs, {
        maxLength: sequenceLength,
      });
      log(
        `${pairs.length} of ${preferences.pairs.length} pairs (${tooLongRows.length} longer than ${sequenceLength} tokens)`,
      );
      await writeJsonLines(join(directory, 'pairs.jsonl'), preferences.pairs);
      await writeFile(join(directory, 'pair-table.txt'), `${formatPreferenceTable(tableOfPairs(preferences.pairs))}\n`);
      await writeFile(join(directory, 'pair-counts.json'), JSON.stringify({ ...preferences.counts, tooLong }, null, 2));

      const model = await loadStageModel(inputs[previous]!);
      const numBatches = packPreferencePairs({
        pairs,
        sequenceLength,
        microBatchSize,
        numEpochs,
        seed,
        padTokenId: tokenizer.padTokenId,
      }).numBatches;
      const replay = await openReplay(recipe, inputs.shards!, {
        numBatches,
        numRows: replayRows,
        sequenceLength,
        seed,
      });
      const comparesWithReference = settings.lossTypes.some(needsReference);
      /** Of as many pairs per language as documents. */
      const measureHeldOut = async () => {
        const heldOut = await readParagraphs(inputs.data!, 'validation');
        const { pairs: written } = build(heldOut, recipe.pretrain.numValidationDocuments);
        if (written.length === 0) return undefined;
        return measurePreferences({
          pairs: encodePreferencePairs(tokenizer, written, { maxLength: sequenceLength }).pairs,
          tokenizer,
          settings,
          model,
          needsReference: comparesWithReference,
          lossFn: alignmentLoss(model.config, settings),
          signal,
        });
      };
      try {
        return await trainOnPreferences<AlignmentBatch>(context, {
          settings,
          pairs,
          tokenizer,
          model,
          lossFn: alignmentLoss(model.config, settings),
          needsReference: comparesWithReference,
          extend: (loader, index) => ({ ...loader.batchAt(index), ...(replay && { replay: replay.batchAt(index) }) }),
          evaluate: await validateStage(context, settings, model.config, previous, measureHeldOut),
          config: { settings, seed },
        });
      } finally {
        replay?.close();
      }
    },
  };
}

interface AlignmentBatch extends PreferenceBatch {
  readonly replay?: TokenBatch;
}

/** The preference loss, plus the mean nll of replayed pretraining text once per pair, so that both count alike whatever their sizes. */
function alignmentLoss(config: Qwen2Config, settings: PreferenceSettings): LossFn<AlignmentBatch> {
  const { lossTypes, lossWeights, beta, recompute, replayWeight } = settings;
  const preference = preferenceLoss({ config, lossTypes, beta, recompute, ...(lossWeights && { lossWeights }) });
  const languageModel = causalLanguageModelLoss(config, { recompute });
  return (params, batch) => {
    const output = preference(params, batch);
    if (batch.replay === undefined) return output;
    const replay = languageModel(params, batch.replay);
    if (replay.weight === 0) return output;
    const nll = tf.mul(replay.loss, output.weight / replay.weight) as tf.Scalar;
    return {
      ...output,
      loss: tf.add(output.loss, tf.mul(nll, replayWeight)) as tf.Scalar,
      metrics: { ...output.metrics, 'replay/nll': nll },
    };
  };
}
