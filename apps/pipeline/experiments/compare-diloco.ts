/**
 * DiLoCo against synchronous data-parallel training at equal tokens: held-out loss and bytes sent, by workers, inner steps and format of moves.
 *
 * A small Qwen2 on the Universal Declaration of Human Rights, workers in one process over one mailbox. Synchronous workers are one big batch per
 * step, as gradients that are averaged each step give. All runs of a seed see the same micro-batches once, at the same learning rate.
 *
 * Run: node --conditions=@marco-ts/source apps/pipeline/experiments/compare-diloco.ts [--seeds 1,2,3]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { collateRows } from '@marco-ts/aligner';
import { countParams, createRandom, disposeParams, initBackend, type ParamMap, tf } from '@marco-ts/core';
import { readUdhr, type TokenBatch } from '@marco-ts/data';
import { causalLanguageModelLoss, initQwen2Params, type Qwen2Config } from '@marco-ts/model';
import { trainTokenizer } from '@marco-ts/tokenizer';
import {
  adamw,
  chain,
  clipByGlobalNorm,
  cosine,
  createDilocoWorker,
  createDirectoryMailbox,
  type DilocoOptions,
  runToEnd,
  train,
} from '@marco-ts/trainer';
import { formatTable } from '../src/console/format-table.ts';
import { summarize } from './render-results.ts';

const PAGES = ['eng', 'spa', 'deu_1996', 'fra', 'rus', 'ind', 'swh', 'tur', 'vie', 'cmn_hans', 'arb', 'hin'];
const HELD_OUT_SHARE = 0.15;
const SEQUENCE_LENGTH = 64;
const MICRO_BATCH_SIZE = 4;
/** Of a run: each worker takes its part of them. */
const NUM_MICRO_BATCHES = 240;
const NUM_HELD_OUT_BATCHES = 12;
const PEAK = 4e-3;

interface Setting {
  readonly numWorkers: number;
  /** none: synchronous */
  readonly diloco?: Pick<Required<DilocoOptions>, 'every' | 'format'>;
}

interface Outcome {
  /** Nats per token of held-out text. */
  readonly loss: number;
  /** By one worker, in all. */
  readonly bytesSent: number;
}

const SETTINGS: readonly Setting[] = [2, 4].flatMap((numWorkers): Setting[] => [
  { numWorkers },
  ...[5, 15, 30].map((every) => ({ numWorkers, diloco: { every, format: 'f32' as const } })),
  ...(['bf16', 'int8'] as const).map((format) => ({ numWorkers, diloco: { every: 15, format } })),
]);

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '1,2,3' } } });
const seeds = values.seeds.split(',').map(Number);
await initBackend({ prefer: ['wasm'], numThreads: 1 });
const { config, trainBatches, heldOutBatches } = await readText();
const lossFn = causalLanguageModelLoss(config);

const rows: string[][] = [];
for (const setting of SETTINGS) {
  const outcomes: Outcome[] = [];
  for (const seed of seeds) outcomes.push(await run(setting, seed));
  const { mean, deviation } = summarize(outcomes.map(({ loss }) => loss));
  const { numWorkers, diloco } = setting;
  rows.push([
    String(numWorkers),
    diloco === undefined ? 'every step' : String(diloco.every),
    diloco?.format ?? 'f32',
    `${mean.toFixed(3)} ± ${deviation.toFixed(3)}`,
    `${(outcomes[0]!.bytesSent / 1e6).toFixed(2)} MB`,
  ]);
  console.error(rows.at(-1)!.join('  '));
}
const columns = ['workers', 'inner steps', 'moves as', 'held-out loss', 'sent by each'];
console.log(
  formatTable(
    columns.map((title) => ({ title })),
    rows,
  ),
);

/** Text of all pages as sequences; the end of each declaration is held out. */
async function readText() {
  const texts: { train: string; heldOut: string }[] = [];
  for await (const { articles } of readUdhr({ pages: PAGES })) {
    const text = articles.flatMap(({ paragraphs }) => paragraphs).join('\n');
    const end = Math.floor(text.length * (1 - HELD_OUT_SHARE));
    texts.push({ train: text.slice(0, end), heldOut: text.slice(end) });
  }
  const tokenizer = trainTokenizer(
    texts.map((text) => text.train),
    { vocabSize: 1024 },
  );
  const config: Qwen2Config = {
    hiddenSize: 48,
    intermediateSize: 128,
    numHiddenLayers: 2,
    numAttentionHeads: 4,
    numKeyValueHeads: 2,
    vocabSize: tokenizer.vocabSize,
    maxPositionEmbeddings: SEQUENCE_LENGTH,
    rmsNormEps: 1e-6,
    ropeTheta: 1e4,
    tieWordEmbeddings: true,
    initializerRange: 0.02,
    bosTokenId: null,
    eosTokenId: tokenizer.eosTokenId,
  };
  const batchesOf = (part: 'train' | 'heldOut') => {
    const sequences = texts.flatMap((text) => {
      const ids = Int32Array.from(tokenizer.encodeOrdinary(text[part]));
      return Array.from({ length: Math.floor(ids.length / SEQUENCE_LENGTH) }, (_, at) =>
        ids.slice(at * SEQUENCE_LENGTH, (at + 1) * SEQUENCE_LENGTH),
      );
    });
    return (index: number, seed: number): TokenBatch => {
      const chosen = Array.from({ length: MICRO_BATCH_SIZE }, (_, row) => {
        const place = index * MICRO_BATCH_SIZE + row;
        const epoch = Math.floor(place / sequences.length);
        const order = createRandom(seed).fork(`epoch ${epoch}`).permutation(sequences.length);
        const ids = sequences[order[place % sequences.length]!]!;
        return [{ sequence: { ids, labels: ids }, sourceId: 0, sequenceId: 0 }];
      });
      return collateRows(chosen, {
        numRows: MICRO_BATCH_SIZE,
        sequenceLength: SEQUENCE_LENGTH,
        padTokenId: tokenizer.padTokenId,
      });
    };
  };
  return { config, trainBatches: batchesOf('train'), heldOutBatches: batchesOf('heldOut') };
}

async function run({ numWorkers, diloco }: Setting, seed: number): Promise<Outcome> {
  const initial = initQwen2Params(config, seed);
  const numSteps = NUM_MICRO_BATCHES / numWorkers;
  const common = {
    params: initial,
    lossFn,
    numSteps,
    optimizer: chain(
      clipByGlobalNorm(1),
      adamw({ learningRate: cosine({ peak: PEAK, numSteps, warmupSteps: 5, minRatio: 0.1 }), weightDecay: 0.1 }),
    ),
    logEvery: numSteps,
  };
  try {
    if (diloco === undefined) {
      const { params } = await runToEnd(
        train({ ...common, gradAccumSteps: numWorkers, batchAt: (index) => trainBatches(index, seed) }),
      );
      // A gradient each step, in float32.
      return { loss: heldOutLoss(params), bytesSent: 4 * countParams(initial) * numSteps };
    }
    const directory = await mkdtemp(join(tmpdir(), 'marco-diloco-'));
    try {
      const outcomes = await Promise.all(
        Array.from({ length: numWorkers }, async (_, slot) => {
          let bytesSent = 0;
          const synchronize = createDilocoWorker({
            mailbox: createDirectoryMailbox(directory),
            workerId: `worker-${slot}`,
            configHash: 'same',
            minWorkers: numWorkers,
            pollMs: 5,
            ...diloco,
          });
          const { params } = await runToEnd(
            train({ ...common, synchronize, batchAt: (index) => trainBatches(index * numWorkers + slot, seed) }),
            (event) => {
              if (event.type === 'round-completed') bytesSent += event.metrics.bytesSent!;
            },
          );
          return { loss: heldOutLoss(params), bytesSent };
        }),
      );
      return outcomes[0]!;
    } finally {
      await rm(directory, { recursive: true });
    }
  } finally {
    disposeParams(initial);
  }
}

/** Frees the parameters. */
function heldOutLoss(params: ParamMap): number {
  let [sum, numTargets] = [0, 0];
  for (let index = 0; index < NUM_HELD_OUT_BATCHES; index++) {
    tf.tidy(() => {
      const { loss, weight } = lossFn(params, heldOutBatches(index, 0));
      sum += loss.dataSync()[0]!;
      numTargets += weight;
    });
  }
  disposeParams(params);
  return sum / numTargets;
}
