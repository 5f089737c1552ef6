/** Two models on held-out text by language, with significance; and translation scores that equal sacrebleu's. */
import { disposeParams, initBackend } from '@marco-ts/core';
import { bitsPerByteTask, bleu, chrf, compareResults, evaluate, formatScore, qwen2LanguageModel } from '@marco-ts/eval';
import { causalLanguageModelLoss } from '@marco-ts/model';
import { adamw, runToEnd, train } from '@marco-ts/trainer';
import { tinyModel } from './tiny-model.ts';

await initBackend({ prefer: ['wasm'] });
const { train: documents, test, tokenizer, config, params } = await tinyModel();
const task = bitsPerByteTask({
  documents: test,
  tiers: { eng_Latn: 'english', spa_Latn: 'high', swh_Latn: 'low' },
});
const measure = (name: string, weights: typeof params) =>
  evaluate(qwen2LanguageModel({ params: weights, config, tokenizer, name }), [task]);

const before = await measure('random', params);
const L = 64;
const ids = documents.flatMap(({ text }) => [...tokenizer.encode(text), tokenizer.eosTokenId]);
const result = await runToEnd(
  train({
    params,
    lossFn: causalLanguageModelLoss(config),
    batchAt: (index) => {
      const row = Int32Array.from({ length: L }, (_, t) => ids[(index * L + t) % ids.length]!);
      return {
        batchSize: 1,
        sequenceLength: L,
        inputIds: row,
        labels: row,
        positionIds: Int32Array.from(row.keys()),
        segmentIds: new Int32Array(L),
      };
    },
    numSteps: 40,
    gradAccumSteps: 4,
    optimizer: adamw({ learningRate: () => 3e-3 }),
  }),
);
const after = await measure('trained', result.params);
console.table(
  compareResults(before, after)
    .filter(({ metric, grouping }) => metric === 'bits_per_byte' && grouping === 'language')
    .map(({ group, before, after, pValue }) => ({ group, before, after, pValue })),
);
disposeParams(result.params);

const references = ['Everyone has the right to life.', 'No one shall be held in slavery.'];
const hypotheses = ['Everybody has the right to life.', 'No one shall be a slave.'];
console.log(formatScore(bleu(hypotheses, references)), '\n', formatScore(chrf(hypotheses, references)));
