/** Preference alignment: the true translation against worse ones, DPO against a frozen reference whose log-probabilities are computed once. */
import {
  buildTranslationPreferences,
  encodePreferencePairs,
  packPreferencePairs,
  precomputeReferenceLogProbs,
  preferenceLoss,
} from '@marco-ts/aligner';
import { initBackend } from '@marco-ts/core';
import { adamw, runToEnd, train } from '@marco-ts/trainer';
import { tinyModel } from './tiny-model.ts';

await initBackend({ prefer: ['wasm'] });
const { train: documents, tokenizer, config, params } = await tinyModel();
const names: Record<string, string> = { eng_Latn: 'English', spa_Latn: 'Spanish', swh_Latn: 'Swahili' };
const paragraphs = documents.map(({ text, language, metadata }) => ({
  articleId: `${metadata.article}`,
  paragraphId: `${metadata.article}`,
  language,
  languageName: names[language]!,
  text,
}));

const written = buildTranslationPreferences({ paragraphs, seed: 1, maxPerLanguage: 40 });
console.log(written.counts, written.pairs[0]);
const { pairs, tooLong } = encodePreferencePairs(tokenizer, written.pairs, { maxLength: 384 });
console.log(`${pairs.length} pairs; too long, by language:`, tooLong);

const shape = { pairs, sequenceLength: 384, microBatchSize: 4, padTokenId: tokenizer.padTokenId };
const reference = await precomputeReferenceLogProbs({ ...shape, params, config });
const loader = packPreferencePairs({ ...shape, reference, numEpochs: 2, seed: 1 });
await runToEnd(
  train({
    params,
    lossFn: preferenceLoss({ config, beta: 0.1, lossTypes: ['sigmoid', 'sft'], lossWeights: [1, 0.1] }),
    batchAt: loader.batchAt,
    numSteps: loader.numBatches,
    optimizer: adamw({ learningRate: () => 1e-3 }),
    logEvery: 4,
  }),
  (event) => {
    if (event.type !== 'step-completed') return;
    const { step, loss, metrics } = event;
    console.log(`step ${step}  loss ${loss.toFixed(3)}  accuracy ${metrics['rewards/accuracies']?.toFixed(2)}`);
  },
);
