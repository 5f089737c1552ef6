/** Instruction tuning: conversations from translations, loss on the answers only, several packed into each row. */
import { buildTranslationInstructions, packConversations } from '@marco-ts/aligner';
import { initBackend } from '@marco-ts/core';
import { causalLanguageModelLoss, generate } from '@marco-ts/model';
import { adamw, runToEnd, train } from '@marco-ts/trainer';
import { tinyModel } from './tiny-model.ts';

await initBackend({ prefer: ['wasm'] });
const { train: documents, tokenizer, config, params } = await tinyModel();
// One article in several languages is a translation of itself.
const paragraphs = documents
  .filter(({ language }) => language !== 'spa_Latn')
  .map(({ text, language, metadata }) => ({
    articleId: `${metadata.article}`,
    paragraphId: `${metadata.article}`,
    language,
    languageName: language === 'eng_Latn' ? 'English' : 'Swahili',
    text,
  }));
const conversations = buildTranslationInstructions({ paragraphs, seed: 1 });
console.log(conversations[0]?.messages);

const loader = packConversations({
  tokenizer,
  conversations,
  sequenceLength: 512,
  microBatchSize: 4,
  numEpochs: 2,
  seed: 1,
});
console.log(loader.report);

const { params: tuned } = await runToEnd(
  train({
    params,
    lossFn: causalLanguageModelLoss(config),
    batchAt: loader.batchAt,
    numSteps: loader.numBatches,
    optimizer: adamw({ learningRate: () => 2e-3 }),
    logEvery: 4,
  }),
  (event) => {
    if (event.type === 'step-completed') console.log(`step ${event.step}  loss ${event.loss.toFixed(3)}`);
  },
);

const question = tokenizer.encodeChat([{ role: 'user', content: 'Say this in Swahili: freedom' }], {
  addGenerationPrompt: true,
});
const [answer] = await generate({ params: tuned, config, prompts: [question.ids], maxNewTokens: 20 });
console.log('answer:', tokenizer.decode(answer!, { skipSpecialTokens: true }));
