/**
 * Time and memory of packing many made documents of 1 to 3,000 tokens into sequences of 2,048, from two sources in three shards.
 *
 * Run: node --conditions=@marco-ts/source bench/pack-sequences.ts 4000000
 */
import { packSequences } from '../src/index.ts';

const numDocuments = Math.floor(Number(process.argv[2] ?? 1e6) / 3);
const MEAN_TOKENS = 1500;
const shards = ['a', 'a', 'b'].map((source, seed) => ({
  directory: '',
  info: { name: `${seed}`, source, numDocuments, tokensChecksum: '' },
  documentLength: (document: number) => ((Math.imul(document + 1, 2654435761 + seed) >>> 0) % 3000) + 1,
}));
/** Source a is read 1.2 times, b 1.5 times. */
const sources = [
  { name: 'a', budget: Math.floor(numDocuments * 2.4 * MEAN_TOKENS) },
  { name: 'b', budget: Math.floor(numDocuments * 1.5 * MEAN_TOKENS) },
];
const started = performance.now();
const packed = packSequences({ shards, plan: { sources }, sequenceLength: 2048, seed: 1 } as unknown as Parameters<
  typeof packSequences
>[0]);
const numTokens = packed.placedTokens.reduce((sum, tokens) => sum + tokens, 0);
console.log(
  `${(packed.pieceLength.length / 1e6).toFixed(1)} million pieces, ${(numTokens / 1e9).toFixed(1)} billion tokens: ${((performance.now() - started) / 1000).toFixed(1)} s, peak memory ${(process.resourceUsage().maxRSS / 1024).toFixed(0)} MiB`,
);
