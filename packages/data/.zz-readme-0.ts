import {
  createBatchLoader,
  curateUdhr,
  MARCO_LANGUAGES,
  MARCO_STAGES,
  openShard,
  packSequences,
  planMixture,
  mixtureTable,
  sourceStatsFromShards,
  writeShard,
} from '@marco-ts/data';
import { trainTokenizer } from '@marco-ts/tokenizer';

const curated = await curateUdhr({ seed: 1 }); // 532 real HTML pages → cleaned, deduplicated, split articles
console.log(curated.funnel.toTable({ maxLanguages: 10 })); // read = kept + dropped, by reason and language

const ours = new Set(MARCO_LANGUAGES.map(({ code }) => code));
const texts = curated.train.filter(({ language }) => ours.has(language)).map(({ text }) => text);
const tokenizer = trainTokenizer(texts, { vocabSize: 4096 }); // or loadTokenizer('a model directory')
const shards = [];
for (const { code } of MARCO_LANGUAGES) {
  const documents = curated.train.filter(({ language }) => language === code);
  await writeShard(`shards/${code}`, documents, tokenizer, { name: code, source: code });
  shards.push(await openShard(`shards/${code}`));
}
const tierOf = (code: string) => MARCO_LANGUAGES.find((language) => language.code === code)!.tier;
const plan = planMixture({
  sources: sourceStatsFromShards(shards, tierOf),
  shares: MARCO_STAGES[0].shares,
  numTokens: 100_000,
  maxEpochs: 20,
});
console.log(mixtureTable(plan)); // before anything is trained
const packed = packSequences({ shards, plan, sequenceLength: 256, seed: 1 });
const loader = createBatchLoader({ shards, packed, microBatchSize: 8 });
loader.batchAt(17); // any batch, without the ones before it
