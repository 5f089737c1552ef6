/**
 * Filtered against raw parallel data: one small model trained on machine translations of known quality, and asked for clean ones.
 *
 * Source of the claim: Marco-LLM, arXiv:2412.04003, figure 7 (its filter is not public). Here the filter is people's mean direct assessment
 * of MLQE-PE (CC0), the better half of each language pair. `random half` has as many pairs, unfiltered: it tells the filter from the loss of text.
 * Trained from random weights, not from a trained model; tested on NTREX-128's human translations.
 * Units: nats per byte of the reference, given its source in the paper's template B.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { collateRows, type TokenSequence } from '@marco-ts/aligner';
import { countParams, createRandom, disposeParams, initBackend, type ParamMap } from '@marco-ts/core';
import {
  languageInfo,
  PARALLEL_TEMPLATES,
  type ParallelPair,
  packBestFit,
  renderParallel,
  type TokenBatch,
} from '@marco-ts/data';
import { qwen2LanguageModel } from '@marco-ts/eval';
import { causalLanguageModelLoss, initQwen2Params, type Qwen2Config } from '@marco-ts/model';
import { type Tokenizer, trainTokenizer } from '@marco-ts/tokenizer';
import { adamw, chain, clipByGlobalNorm, cosine, runToEnd, train } from '@marco-ts/trainer';
import type { RunMeasures } from './measure-run.ts';

export type ParallelSelection = 'raw' | 'filtered' | 'random half';

const PAIRS = {
  'en-de': ['eng_Latn', 'deu_Latn', 'deu'],
  'ne-en': ['npi_Deva', 'eng_Latn', 'nep'],
  'ro-en': ['ron_Latn', 'eng_Latn', 'ron'],
  'ru-en': ['rus_Cyrl', 'eng_Latn', 'rus'],
} as const;
const NUM_TEST_LINES = 60;
const NUM_STEPS = 200;
const NUM_ROWS = 8;
const ROW_LENGTH = 256;

interface RatedPair extends ParallelPair {
  /** Mean of people's direct assessments, 0 to 100. */
  readonly rating: number;
}

export async function runParallelFilter(options: {
  readonly testData: string;
  readonly selection: ParallelSelection;
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly seed: number;
}): Promise<{ readonly measures: RunMeasures; readonly numParameters: number }> {
  const { testData, selection, hiddenSize, intermediateSize, seed } = options;
  await initBackend();
  const rated = await readRatedPairs(testData);
  const chosen = select(rated, selection, seed);
  // One tokenizer for all variants of a seed, from the raw text.
  const textsOf = (pairs: readonly ParallelPair[]): string[] => pairs.flatMap(({ source, target }) => [source, target]);
  const tokenizer = trainTokenizer(textsOf(rated), { vocabSize: 4096 });
  const config: Qwen2Config = {
    hiddenSize,
    intermediateSize,
    numHiddenLayers: 4,
    numAttentionHeads: 4,
    numKeyValueHeads: 2,
    vocabSize: tokenizer.vocabSize,
    maxPositionEmbeddings: 1024,
    rmsNormEps: 1e-6,
    ropeTheta: 1e6,
    tieWordEmbeddings: true,
    initializerRange: 0.02,
    bosTokenId: null,
    eosTokenId: tokenizer.eosTokenId,
  };
  const initial = initQwen2Params(config, seed);
  const { params } = await runToEnd(
    train({
      params: initial,
      lossFn: causalLanguageModelLoss(config),
      batchAt: batchesOf(chosen, tokenizer, seed),
      numSteps: NUM_STEPS,
      logEvery: NUM_STEPS,
      optimizer: chain(
        clipByGlobalNorm(1),
        adamw({
          learningRate: cosine({ peak: 4e-3, numSteps: NUM_STEPS, warmupSteps: 15, minRatio: 0.1 }),
          beta2: 0.95,
          weightDecay: 0.6,
        }),
      ),
    }),
  );
  disposeParams(initial);
  try {
    return {
      measures: { trained: await measure(params, config, tokenizer, testData) },
      numParameters: countParams(params),
    };
  } finally {
    disposeParams(params);
  }
}

async function readRatedPairs(testData: string): Promise<RatedPair[]> {
  const pairs: RatedPair[] = [];
  for (const [name, [sourceLanguage, targetLanguage]] of Object.entries(PAIRS)) {
    const path = join(testData, 'parallel/noisy_scored/mlqe_da', `${name}.dev.jsonl`);
    for (const line of (await readFile(path, 'utf8')).trim().split('\n')) {
      const { id, src, mt, da_mean } = JSON.parse(line);
      pairs.push({
        id,
        article: pairs.length,
        paragraph: 0,
        sourceLanguage,
        targetLanguage,
        source: src,
        target: mt,
        rating: da_mean,
      });
    }
  }
  return pairs;
}

/** The better or a random half of each language pair, or all. */
function select(pairs: readonly RatedPair[], selection: ParallelSelection, seed: number): readonly RatedPair[] {
  if (selection === 'raw') return pairs;
  const random = createRandom(seed).fork('half');
  return [
    ...Map.groupBy(pairs, ({ sourceLanguage, targetLanguage }) => `${sourceLanguage} ${targetLanguage}`).values(),
  ].flatMap((own) => {
    const ordered = selection === 'filtered' ? own.toSorted((a, b) => b.rating - a.rating) : random.shuffle(own);
    return ordered.slice(0, Math.ceil(own.length / 2));
  });
}

/** Rows of whole documents in a new order each epoch; every variant sees as many rows. */
function batchesOf(pairs: readonly ParallelPair[], tokenizer: Tokenizer, seed: number): (index: number) => TokenBatch {
  const sequences = [...renderParallel(pairs, { seed, directions: 'forward' })].flatMap(({ text }): TokenSequence[] => {
    const ids = Int32Array.from([...tokenizer.encodeOrdinary(text), tokenizer.eosTokenId]);
    return ids.length > ROW_LENGTH ? [] : [{ ids, labels: ids }];
  });
  const { numBins, binOf } = packBestFit(
    Uint32Array.from(sequences, ({ ids }) => ids.length),
    ROW_LENGTH,
  );
  const rows: TokenSequence[][] = Array.from({ length: numBins }, () => []);
  for (const [at, bin] of binOf.entries()) rows[bin]!.push(sequences[at]!);
  const epochs = new Map<number, Int32Array>();
  const rowAt = (position: number): TokenSequence[] => {
    const epoch = Math.floor(position / numBins);
    const order = epochs.get(epoch) ?? Int32Array.from(createRandom(seed).fork(`epoch ${epoch}`).permutation(numBins));
    epochs.set(epoch, order);
    return rows[order[position % numBins]!]!;
  };
  return (index) =>
    collateRows(
      Array.from({ length: NUM_ROWS }, (_, row) =>
        rowAt(index * NUM_ROWS + row).map((sequence) => ({ sequence, sourceId: 0, sequenceId: 0 })),
      ),
      { numRows: NUM_ROWS, sequenceLength: ROW_LENGTH, padTokenId: tokenizer.padTokenId },
    );
}

async function measure(params: ParamMap, config: Qwen2Config, tokenizer: Tokenizer, testData: string) {
  const lines = async (file: string): Promise<string[]> =>
    (await readFile(join(testData, 'parallel/ntrex', file), 'utf8')).split('\n').slice(0, NUM_TEST_LINES);
  const english = await lines('newstest2019-src.eng.txt');
  const model = qwen2LanguageModel({ params, config, tokenizer, batchTokens: 4096 });
  const nllPerByte: number[] = [];
  for (const [sourceLanguage, targetLanguage, file] of Object.values(PAIRS)) {
    const other = await lines(`newstest2019-ref.${file}.txt`);
    const [sources, targets] = sourceLanguage === 'eng_Latn' ? [english, other] : [other, english];
    const nameOf = (language: string): string => languageInfo(language)!.name;
    const requests = sources.map((source, index) => ({
      context: PARALLEL_TEMPLATES.B!(nameOf(sourceLanguage), nameOf(targetLanguage), source, '').trimEnd(),
      continuation: ` ${targets[index]}`,
    }));
    const answers = await model.loglikelihood(requests);
    const numBytes = requests.reduce((sum, { continuation }) => sum + Buffer.byteLength(continuation), 0);
    nllPerByte.push(-answers.reduce((sum, { logProb }) => sum + logProb, 0) / numBytes);
  }
  return { translationNll: nllPerByte.reduce((sum, value) => sum + value, 0) / nllPerByte.length };
}
