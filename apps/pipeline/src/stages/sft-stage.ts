/**
 * Instruction tuning: translation by template, naming the language, going on with an article; loss on the assistant's words only.
 *
 * Some rows of every batch replay pretraining text. The paper's instruction data and settings are not public (arXiv:2412.04003): these three tasks are a substitute made from aligned text.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AlignedParagraph, describeTooLong, packConversations } from '@marco-ts/aligner';
import { concatBatches, type TokenBatch } from '@marco-ts/data';
import { causalLanguageModelLoss } from '@marco-ts/model';
import { loadTokenizer } from '@marco-ts/tokenizer';
import type { Recipe } from '../config/recipe-schema.ts';
import type { Stage } from '../runner/stage.ts';
import { readDocuments, readParagraphs } from '../stage-files/data-files.ts';
import { asBadInput, datasetFingerprint } from '../stage-files/dataset-sources.ts';
import { loadStageModel } from '../stage-files/model-files.ts';
import { numStepsOf } from '../stage-files/used-tokens.ts';
import { builtConversations } from './built-conversations.ts';
import { holdOutConversations } from './hold-out-conversations.ts';
import { measureConversations } from './measure-held-out.ts';
import { openReplay } from './open-replay.ts';
import { ownConversations } from './own-conversations.ts';
import { CHECKPOINTS_DIRECTORY, runTraining } from './run-training.ts';
import { startBackend } from './start-backend.ts';
import { validateStage } from './validate-stage.ts';

type SftSettings = NonNullable<Recipe['sft']>;

export const SFT_STAGE = 'sft';
const PACKING_FILE = 'packing.json';

export function sftStage(settings: SftSettings, previous: string): Stage<Recipe> {
  return {
    name: SFT_STAGE,
    title: 'instruction tuning',
    dependsOn: ['data', 'tokenizer', 'shards', previous],
    resumesFrom: CHECKPOINTS_DIRECTORY,
    config: (recipe) => ({
      sft: settings,
      seed: recipe.seed,
      pivotLanguage: recipe.data.parallel.pivotLanguage,
      ...(settings.datasets && { files: settings.datasets.map(datasetFingerprint), ...heldOutOf(recipe) }),
    }),
    async run(context) {
      const { directory, inputs, recipe, seed, log, signal } = context;
      const { sequenceLength, microBatchSize, replayRows, gradAccumSteps, numEpochs, learningRate } = settings;
      const tokenizer = await loadTokenizer(inputs.tokenizer!);
      await startBackend(recipe);
      const model = await loadStageModel(inputs[previous]!);
      const read = await ownConversations({
        settings,
        documents: await readDocuments(inputs.data!, 'train'),
        model,
        tokenizer,
        directory,
        log,
        signal,
      });
      const lossFn = causalLanguageModelLoss(model.config, { recompute: settings.recompute });
      const { heldOut } = heldOutOf(recipe);
      const own = heldOut ? holdOutConversations(read, { ...heldOut, seed }) : { training: read, heldOut: [] };
      const paragraphs = await readParagraphs(inputs.data!, 'train');
      if (paragraphs.length === 0 && asksForBuilt(settings)) {
        throw new Error(
          '[@marco-ts/pipeline] sft: there must be aligned paragraphs to make instructions from, got none. Give data.source.groupField for text that is translated, or leave `sft` out of the recipe.',
        );
      }
      const build = (from: readonly AlignedParagraph[], maxPerLanguage?: number) =>
        builtConversations({
          paragraphs: from,
          settings,
          pivotLanguage: recipe.data.parallel.pivotLanguage,
          seed,
          ...(maxPerLanguage && { maxPerLanguage }),
        });
      /** Of each task as many per language as documents. */
      const measureHeldOut = async () => {
        const made = build(await readParagraphs(inputs.data!, 'validation'), recipe.pretrain.numValidationDocuments);
        return measureConversations({ conversations: [...made, ...own.heldOut], tokenizer, settings, lossFn, signal });
      };
      const loader = await asBadInput(async () =>
        packConversations({
          tokenizer,
          conversations: [...build(paragraphs), ...own.training],
          vocabSize: model.config.vocabSize,
          sequenceLength,
          microBatchSize: microBatchSize - replayRows,
          numEpochs,
          seed,
          groupBy: ({ task }) => task,
        }),
      );
      const { report } = loader;
      log(
        `${report.numKept} of ${report.numConversations} conversations (${report.tooLongRows.length} longer than ${sequenceLength} tokens), ` +
          `${(report.usefulShare * 100).toFixed(1)}% of the packed positions are used, ${report.numTargets} tokens carry loss`,
      );
      if (report.tooLongRows.length > 0)
        log(`of those that are too long ${describeTooLong(report.tooLongRows)}; all are in ${PACKING_FILE}`);
      await writeFile(join(directory, PACKING_FILE), JSON.stringify(report, null, 2));
      const replay = await openReplay(recipe, inputs.shards!, {
        numBatches: loader.numBatches,
        numRows: replayRows,
        sequenceLength,
        seed,
      });
      const { sourceNames } = loader;
      try {
        return await runTraining<TokenBatch>(context, {
          settings,
          learningRate,
          numSteps: numStepsOf(loader.numBatches, gradAccumSteps),
          model,
          lossFn,
          batchAt: (index) => {
            const batch = loader.batchAt(index);
            return replay === undefined ? batch : concatBatches(batch, replay.batchAt(index), sourceNames.length);
          },
          groupNames: [...sourceNames, ...(replay?.sourceNames ?? [])],
          evaluate: await validateStage(context, settings, model.config, previous, measureHeldOut),
          config: { settings, seed, ...heldOutOf(recipe) },
        });
      } finally {
        replay?.close();
      }
    },
  };

  /** What is kept of own sets for validation: as large a share as of the documents. */
  function heldOutOf({ data, pretrain }: Recipe) {
    if (settings.evaluateEverySteps === undefined) return {};
    return { heldOut: { maxPerLanguage: pretrain.numValidationDocuments, share: data.split.validationShare } };
  }
}

function asksForBuilt({ numTranslationExamples, numLanguageNamingExamples, numContinuationExamples }: SftSettings) {
  return numTranslationExamples + numLanguageNamingExamples + numContinuationExamples > 0;
}
