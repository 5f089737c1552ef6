/**
 * Instruction tuning: translation by template, naming the language, going on with an article; loss on the assistant's words only.
 *
 * Some rows of every batch replay pretraining text. The paper's instruction data and settings are not public (arXiv:2412.04003): these three tasks are a substitute made from aligned text.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AlignedParagraph,
  buildContinuationInstructions,
  buildLanguageNamingInstructions,
  buildTranslationInstructions,
  type Conversation,
  packConversations,
} from '@marco-ts/aligner';
import { concatBatches, type TokenBatch } from '@marco-ts/data';
import { causalLanguageModelLoss } from '@marco-ts/model';
import { loadTokenizer } from '@marco-ts/tokenizer';
import type { Recipe } from '../config/recipe-schema.ts';
import type { Stage } from '../runner/stage.ts';
import { readDocuments, readParagraphs } from '../stage-files/data-files.ts';
import { datasetFingerprint } from '../stage-files/dataset-sources.ts';
import { loadStageModel } from '../stage-files/model-files.ts';
import { numStepsOf } from '../stage-files/used-tokens.ts';
import { openReplay } from './open-replay.ts';
import { ownConversations } from './own-conversations.ts';
import { runTraining } from './run-training.ts';
import { startBackend } from './start-backend.ts';
import { validateStage } from './validate-stage.ts';

type SftSettings = NonNullable<Recipe['sft']>;

export const SFT_STAGE = 'sft';

export function sftStage(settings: SftSettings, previous: string): Stage<Recipe> {
  return {
    name: SFT_STAGE,
    title: 'instruction tuning',
    dependsOn: ['data', 'tokenizer', 'shards', previous],
    resumable: true,
    config: ({ seed, data }) => ({
      sft: settings,
      seed,
      pivotLanguage: data.parallel.pivotLanguage,
      ...(settings.datasets && { files: settings.datasets.map(datasetFingerprint) }),
    }),
    async run(context) {
      const { directory, inputs, recipe, seed, log, signal } = context;
      const { sequenceLength, microBatchSize, replayRows, gradAccumSteps, numEpochs, learningRate } = settings;
      const tokenizer = await loadTokenizer(inputs.tokenizer!);
      await startBackend(recipe);
      const model = await loadStageModel(inputs[previous]!);
      const own = await ownConversations({
        settings,
        documents: await readDocuments(inputs.data!, 'train'),
        model,
        tokenizer,
        directory,
        log,
        signal,
      });
      const paragraphs = await readParagraphs(inputs.data!, 'train');
      const built = buildConversations(paragraphs, settings, recipe.data.parallel.pivotLanguage, seed);
      const loader = packConversations({
        tokenizer,
        conversations: [...built, ...own],
        vocabSize: model.config.vocabSize,
        sequenceLength,
        microBatchSize: microBatchSize - replayRows,
        numEpochs,
        seed,
        groupBy: ({ task }) => task,
      });
      const { report } = loader;
      const tooLong = Object.values(report.tooLong).reduce((sum, count) => sum + count, 0);
      log(
        `${report.numKept} of ${report.numConversations} conversations (${tooLong} longer than ${sequenceLength} tokens), ` +
          `${(report.usefulShare * 100).toFixed(1)}% of the packed positions are used, ${report.numTargets} tokens carry loss`,
      );
      await writeFile(join(directory, 'packing.json'), JSON.stringify(report, null, 2));
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
          lossFn: causalLanguageModelLoss(model.config, { recompute: settings.recompute }),
          batchAt: (index) => {
            const batch = loader.batchAt(index);
            return replay === undefined ? batch : concatBatches(batch, replay.batchAt(index), sourceNames.length);
          },
          groupNames: [...sourceNames, ...(replay?.sourceNames ?? [])],
          evaluate: await validateStage(context, settings, model.config, previous),
          config: { settings, seed },
        });
      } finally {
        replay?.close();
      }
    },
  };
}

/** Equal numbers per language of each task, as far as the text goes. */
function buildConversations(
  paragraphs: readonly AlignedParagraph[],
  settings: SftSettings,
  pivotLanguage: string,
  seed: number,
): Conversation[] {
  const { numTranslationExamples, numLanguageNamingExamples, numContinuationExamples } = settings;
  if (numTranslationExamples + numLanguageNamingExamples + numContinuationExamples === 0) return [];
  if (paragraphs.length === 0) {
    throw new Error(
      '[@marco-ts/pipeline] sft: there must be aligned paragraphs to make instructions from, got none. Give data.source.groupField for text that is translated, or leave `sft` out of the recipe.',
    );
  }
  const numLanguages = new Set(paragraphs.map(({ language }) => language)).size;
  const perLanguage = (total: number): number => Math.max(1, Math.round(total / numLanguages));
  return [
    ...(numTranslationExamples === 0
      ? []
      : buildTranslationInstructions({
          paragraphs,
          pivotLanguage,
          maxPerLanguage: perLanguage(numTranslationExamples),
          seed,
        })),
    ...(numLanguageNamingExamples === 0
      ? []
      : buildLanguageNamingInstructions({ paragraphs, maxPerLanguage: perLanguage(numLanguageNamingExamples), seed })),
    ...(numContinuationExamples === 0
      ? []
      : buildContinuationInstructions({
          paragraphs,
          unit: 'paragraph',
          maxPerLanguage: perLanguage(numContinuationExamples),
          seed,
        })),
  ];
}
