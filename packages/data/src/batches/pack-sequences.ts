/**
 * From a mixture to the whole order of training: which documents, cut how, in which sequence.
 *
 * Each source gives documents in freshly shuffled epochs until its budget is met to the token; documents longer than a sequence are cut;
 * pieces are packed best-fit over all sources; sequences are shuffled. Source of the packing: Ding et al. 2024, arXiv:2404.10830.
 * Units: tokens, end-of-text tokens included.
 */
import type { MixturePlan } from '../mixture/plan-mixture.ts';
import { createRandomStream, shuffleInPlace } from '../random/create-random-stream.ts';
import type { Shard } from '../shards/shard.ts';
import { packBestFit } from './best-fit.ts';
import type { PackedPlan } from './packed-plan.ts';

export interface PackSequencesOptions {
  /** Open shards; each counts towards the source that its info names. */
  readonly shards: readonly Shard[];
  readonly plan: MixturePlan;
  /** At least 2: a piece of one token predicts nothing. */
  readonly sequenceLength: number;
  readonly seed: number | string;
}

interface Pieces {
  readonly shard: number[];
  readonly document: number[];
  readonly start: number[];
  readonly length: number[];
  readonly source: number[];
}

/** A final piece of one token is left out: it could predict nothing. */
const MIN_CUT_LENGTH = 2;

function takeSource(
  pieces: Pieces,
  source: { readonly index: number; readonly name: string; readonly budget: number },
  shards: readonly Shard[],
  sequenceLength: number,
  seed: number | string,
): number {
  const shardIds: number[] = [];
  const documentIds: number[] = [];
  for (const [shardId, shard] of shards.entries()) {
    if (shard.info.source !== source.name) continue;
    for (let document = 0; document < shard.info.numDocuments; document++) {
      shardIds.push(shardId);
      documentIds.push(document);
    }
  }
  if (source.budget > 0 && documentIds.length === 0) {
    throw new Error(
      `[@marco-ts/data] packSequences: every planned source must have a shard with documents, got none for ${source.name}. Give the shards that the plan was made from.`,
    );
  }
  let remaining = source.budget;
  for (let epoch = 0; remaining >= MIN_CUT_LENGTH; epoch++) {
    const order = shuffleInPlace(
      Uint32Array.from(documentIds, (_, i) => i),
      createRandomStream(`${seed}/${source.name}/epoch-${epoch}`),
    );
    for (const position of order) {
      const shardId = shardIds[position]!;
      const document = documentIds[position]!;
      const documentLength = shards[shardId]!.documentLength(document);
      for (let start = 0; start < documentLength && remaining >= MIN_CUT_LENGTH; start += sequenceLength) {
        const length = Math.min(sequenceLength, documentLength - start, remaining);
        pieces.shard.push(shardId);
        pieces.document.push(document);
        pieces.start.push(start);
        pieces.length.push(length);
        pieces.source.push(source.index);
        remaining -= length;
      }
      if (remaining < MIN_CUT_LENGTH) break;
    }
  }
  return source.budget - remaining;
}

/**
 * @throws Error for a sequence length below 2, and for a planned source without documents
 */
export function packSequences(options: PackSequencesOptions): PackedPlan {
  const { shards, plan, sequenceLength, seed } = options;
  if (!Number.isInteger(sequenceLength) || sequenceLength < 2) {
    throw new Error(
      `[@marco-ts/data] packSequences: sequenceLength must be an integer of at least 2, got ${sequenceLength}. Use a power of two.`,
    );
  }
  const pieces: Pieces = { shard: [], document: [], start: [], length: [], source: [] };
  const placedTokens = plan.sources.map(({ name, budget }, index) =>
    takeSource(pieces, { index, name, budget }, shards, sequenceLength, seed),
  );
  const numPieces = pieces.length.length;
  const { numBins, binOf } = packBestFit(Uint32Array.from(pieces.length), sequenceLength);

  const sequenceOf = shuffleInPlace(
    Uint32Array.from({ length: numBins }, (_, bin) => bin),
    createRandomStream(`${seed}/sequences`),
  );
  const sequenceOffsets = new Uint32Array(numBins + 1);
  for (const bin of binOf) sequenceOffsets[sequenceOf[bin]! + 1]!++;
  for (let i = 1; i <= numBins; i++) sequenceOffsets[i]! += sequenceOffsets[i - 1]!;

  const order = new Uint32Array(numPieces);
  const filled = sequenceOffsets.slice();
  for (let piece = 0; piece < numPieces; piece++) order[filled[sequenceOf[binOf[piece]!]!]!++] = piece;
  // Within a sequence the longest piece would always come first: shuffle, so that position tells nothing of the source.
  const random = createRandomStream(`${seed}/pieces`);
  for (let i = 0; i < numBins; i++)
    shuffleInPlace(order.subarray(sequenceOffsets[i]!, sequenceOffsets[i + 1]!), random);

  return {
    sequenceLength,
    seed,
    numSequences: numBins,
    sourceNames: plan.sources.map(({ name }) => name),
    shardNames: shards.map(({ info }) => info.name),
    shardChecksums: shards.map(({ info }) => info.tokensChecksum),
    plannedTokens: plan.sources.map(({ budget }) => budget),
    placedTokens,
    sequenceOffsets,
    pieceShard: Uint16Array.from(order, (piece) => pieces.shard[piece]!),
    pieceDocument: Uint32Array.from(order, (piece) => pieces.document[piece]!),
    pieceStart: Uint32Array.from(order, (piece) => pieces.start[piece]!),
    pieceLength: Uint32Array.from(order, (piece) => pieces.length[piece]!),
    pieceSource: Uint16Array.from(order, (piece) => pieces.source[piece]!),
  };
}

/** Share of all positions that hold padding, 0 to 1. */
export function paddingShare(packed: PackedPlan): number {
  const positions = packed.numSequences * packed.sequenceLength;
  if (positions === 0) return 0;
  return 1 - packed.placedTokens.reduce((a, b) => a + b, 0) / positions;
}
