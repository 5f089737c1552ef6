/**
 * From a mixture to the whole order of training: which documents, cut how, in which sequence.
 *
 * Each source gives documents in freshly shuffled epochs until its budget is met to the token; documents longer than a sequence are cut;
 * pieces are packed best-fit over all sources; sequences are shuffled. Source of the packing: Ding et al. 2024, arXiv:2404.10830.
 * Units: tokens, end-of-text tokens included. Memory: some 50 bytes a piece while packing, 16 in the plan; no text or token is held.
 */
import type { MixturePlan } from '../mixture/plan-mixture.ts';
import { createRandomStream, shuffleInPlace } from '../random/create-random-stream.ts';
import { requireOneTokenizer } from '../shards/require-one-tokenizer.ts';
import type { Shard } from '../shards/shard.ts';
import { packBestFit } from './best-fit.ts';
import type { PackedPlan } from './packed-plan.ts';

/** The documents, how much of each source is taken, and the length of rows. */
export interface PackSequencesOptions {
  /** Open shards; each counts towards the source that its info names. */
  readonly shards: readonly Shard[];
  readonly plan: MixturePlan;
  /** At least 2: a piece of one token predicts nothing. */
  readonly sequenceLength: number;
  readonly seed: number | string;
}

interface PlannedSource {
  readonly index: number;
  readonly name: string;
  readonly budget: number;
}

/** Called for each piece; the number of those is not known before. */
type VisitPiece = (shard: number, document: number, start: number, length: number, source: number) => void;

/** A final piece of one token is left out: it could predict nothing. */
const MIN_CUT_LENGTH = 2;

/** @returns tokens of the source that pieces hold */
function forEachPiece(
  source: PlannedSource,
  { shards, sequenceLength, seed }: PackSequencesOptions,
  visit: VisitPiece,
): number {
  const shardIds = shards.flatMap(({ info }, shardId) => (info.source === source.name ? [shardId] : []));
  // Documents are numbered through all shards of the source; shard s begins at firsts[s].
  const firsts = [0];
  for (const shardId of shardIds) firsts.push(firsts.at(-1)! + shards[shardId]!.info.numDocuments);
  const numDocuments = firsts.at(-1)!;
  if (source.budget > 0 && numDocuments === 0) {
    throw new Error(
      `[@marco-ts/data] packSequences: every planned source must have a shard with documents, got none for ${source.name}. Give the shards that the plan was made from.`,
    );
  }
  const order = new Uint32Array(numDocuments);
  let remaining = source.budget;
  for (let epoch = 0; remaining >= MIN_CUT_LENGTH; epoch++) {
    for (let i = 0; i < numDocuments; i++) order[i] = i;
    shuffleInPlace(order, createRandomStream(`${seed}/${source.name}/epoch-${epoch}`));
    for (const position of order) {
      let s = 0;
      while (position >= firsts[s + 1]!) s++;
      const document = position - firsts[s]!;
      const documentLength = shards[shardIds[s]!]!.documentLength(document);
      for (let start = 0; start < documentLength && remaining >= MIN_CUT_LENGTH; start += sequenceLength) {
        const length = Math.min(sequenceLength, documentLength - start, remaining);
        visit(shardIds[s]!, document, start, length, source.index);
        remaining -= length;
      }
      if (remaining < MIN_CUT_LENGTH) break;
    }
  }
  return source.budget - remaining;
}

/** All pieces, source by source: counted first, so that the tables have their size from the start. */
function takePieces(options: PackSequencesOptions) {
  const sources = options.plan.sources.map(({ name, budget }, index) => ({ index, name, budget }));
  let numPieces = 0;
  for (const source of sources) forEachPiece(source, options, () => numPieces++);
  const pieces = {
    shard: new Uint16Array(numPieces),
    document: new Uint32Array(numPieces),
    start: new Uint32Array(numPieces),
    length: new Uint32Array(numPieces),
    source: new Uint16Array(numPieces),
  };
  let piece = 0;
  const placedTokens = sources.map((planned) =>
    forEachPiece(planned, options, (shard, document, start, length, source) => {
      pieces.shard[piece] = shard;
      pieces.document[piece] = document;
      pieces.start[piece] = start;
      pieces.length[piece] = length;
      pieces.source[piece] = source;
      piece++;
    }),
  );
  return { pieces, numPieces, placedTokens };
}

/**
 * @throws Error for a sequence length below 2, for a planned source without documents, and for shards of two tokenizers
 */
export function packSequences(options: PackSequencesOptions): PackedPlan {
  const { shards, plan, sequenceLength, seed } = options;
  if (!Number.isInteger(sequenceLength) || sequenceLength < 2) {
    throw new Error(
      `[@marco-ts/data] packSequences: sequenceLength must be an integer of at least 2, got ${sequenceLength}. Use a power of two.`,
    );
  }
  requireOneTokenizer(shards);
  const { pieces, numPieces, placedTokens } = takePieces(options);
  const { numBins, binOf } = packBestFit(pieces.length, sequenceLength);

  const sequenceOf = shuffleInPlace(
    new Uint32Array(numBins).map((_, bin) => bin),
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
    pieceShard: pieces.shard.map((_, i) => pieces.shard[order[i]!]!),
    pieceDocument: pieces.document.map((_, i) => pieces.document[order[i]!]!),
    pieceStart: pieces.start.map((_, i) => pieces.start[order[i]!]!),
    pieceLength: pieces.length.map((_, i) => pieces.length[order[i]!]!),
    pieceSource: pieces.source.map((_, i) => pieces.source[order[i]!]!),
  };
}

/** Share of all positions that hold padding, 0 to 1. */
export function paddingShare(packed: PackedPlan): number {
  const positions = packed.numSequences * packed.sequenceLength;
  if (positions === 0) return 0;
  return 1 - packed.placedTokens.reduce((a, b) => a + b, 0) / positions;
}
