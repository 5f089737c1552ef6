/**
 * Conversations as training batches: encoded, packed best-fit into rows, in a new order each epoch, any batch at once.
 *
 * Shapes: batches are `TokenBatch`es of B = microBatchSize rows of L = sequenceLength positions; rows hold whole conversations only.
 */
import { type BatchLoader, packBestFit, type TokenBatch } from '@marco-ts/data';
import type { Tokenizer } from '@marco-ts/tokenizer';
import { collateRows } from '../sequences/collate-rows.ts';
import { epochOrder } from '../sequences/epoch-order.ts';
import { countTargets, describeTooLong, type TokenSequence, type TooLongRow } from '../sequences/token-sequence.ts';
import type { Conversation } from './conversation.ts';
import { encodeConversation } from './encode-conversation.ts';

/** The conversations, the shape of batches, and the order in which conversations are seen. */
export interface PackConversationsOptions {
  readonly tokenizer: Tokenizer;
  readonly conversations: readonly Conversation[];
  readonly sequenceLength: number;
  readonly microBatchSize: number;
  /** Times each conversation is seen; default 1. */
  readonly numEpochs?: number;
  readonly seed: number | string;
  /** Rows of the model's embedding; an id past them is refused, naming the row. */
  readonly vocabSize?: number;
  /** Name of the group whose loss a conversation counts towards; default its language. */
  readonly groupBy?: (conversation: Conversation) => string;
}

/** What was packed, what was left out, and how full the rows are. */
export interface PackingReport {
  readonly numConversations: number;
  readonly numKept: number;
  /** Left out because longer than `sequenceLength`, by language; never cut. */
  readonly tooLong: Readonly<Record<string, number>>;
  /** Those of them whose prompt alone is longer, by language. */
  readonly promptTooLong: Readonly<Record<string, number>>;
  /** All of them, each by its row. */
  readonly tooLongRows: readonly TooLongRow[];
  /** Tokens of one epoch, and those of them that carry loss. */
  readonly numTokens: number;
  readonly numTargets: number;
  readonly numRows: number;
  /** Share of the rows' positions that is not padding. */
  readonly usefulShare: number;
}

/** A batch loader with a report of what was packed. */
export interface ConversationLoader extends BatchLoader {
  readonly report: PackingReport;
}

/** @throws Error for bad options, a bad row (named), or when no conversation fits */
export function packConversations(options: PackConversationsOptions): ConversationLoader {
  const {
    tokenizer,
    conversations,
    sequenceLength,
    microBatchSize,
    numEpochs = 1,
    seed,
    vocabSize,
    groupBy = ({ language }) => language,
  } = options;
  requirePositiveIntegers('packConversations', { sequenceLength, microBatchSize, numEpochs });
  const sequences: TokenSequence[] = [];
  const sourceIds: number[] = [];
  const sourceNames: string[] = [];
  const tooLong: Record<string, number> = {};
  const promptTooLong: Record<string, number> = {};
  const tooLongRows: TooLongRow[] = [];
  for (const [index, conversation] of conversations.entries()) {
    const where = conversation.where ?? `conversations[${index}]`;
    const encoded = encodeConversation(tokenizer, conversation.messages, sequenceLength, {
      where,
      tools: conversation.tools,
      vocabSize,
    });
    if ('reason' in encoded) {
      const { language } = conversation;
      tooLong[language] = (tooLong[language] ?? 0) + 1;
      if (encoded.reason === 'prompt_too_long') promptTooLong[language] = (promptTooLong[language] ?? 0) + 1;
      tooLongRows.push({ where: `${where}.messages`, numTokens: encoded.numTokens });
      continue;
    }
    sequences.push(encoded);
    sourceIds.push(indexOfName(sourceNames, groupBy(conversation)));
  }
  if (sequences.length === 0) {
    throw new Error(
      `[@marco-ts/aligner] packConversations: at least one conversation must fit into ${sequenceLength} tokens, got none of ${conversations.length}, ${describeTooLong(tooLongRows)}. Raise sequenceLength or give more data.`,
    );
  }
  const { numBins, binOf } = packBestFit(
    Uint32Array.from(sequences, ({ ids }) => ids.length),
    sequenceLength,
  );
  const rows: number[][] = Array.from({ length: numBins }, () => []);
  for (const [id, bin] of binOf.entries()) rows[bin]!.push(id);
  const numTokens = sequences.reduce((sum, { ids }) => sum + ids.length, 0);
  const streamLength = rows.length * numEpochs;
  const numBatches = Math.ceil(streamLength / microBatchSize);
  const rowAt = epochOrder(rows.length, seed);

  const batchAt = (index: number): TokenBatch => {
    requireBatchIndex('packConversations', index, numBatches);
    const positions = Array.from({ length: microBatchSize }, (_, row) => index * microBatchSize + row);
    const placed = positions
      .filter((position) => position < streamLength)
      .map((position) =>
        rows[rowAt(position)]!.map((id) => ({ sequence: sequences[id]!, sourceId: sourceIds[id]!, sequenceId: id })),
      );
    return collateRows(placed, { numRows: microBatchSize, sequenceLength, padTokenId: tokenizer.padTokenId });
  };
  return {
    numBatches,
    microBatchSize,
    sequenceLength,
    sourceNames,
    batchAt,
    report: {
      numConversations: conversations.length,
      numKept: sequences.length,
      tooLong,
      promptTooLong,
      tooLongRows,
      numTokens,
      numTargets: sequences.reduce((sum, sequence) => sum + countTargets(sequence), 0),
      numRows: rows.length,
      usefulShare: numTokens / (rows.length * sequenceLength),
    },
  };
}

function indexOfName(names: string[], name: string): number {
  const index = names.indexOf(name);
  return index >= 0 ? index : names.push(name) - 1;
}

/** @throws Error unless every value is an integer from 1 */
export function requirePositiveIntegers(functionName: string, values: Readonly<Record<string, number>>): void {
  for (const [field, value] of Object.entries(values)) {
    if (!Number.isSafeInteger(value) || value < 1) {
      throw new Error(
        `[@marco-ts/aligner] ${functionName}: ${field} must be a whole number >= 1, got ${value}. Correct it in the recipe.`,
      );
    }
  }
}

/** @throws Error unless the batch exists */
export function requireBatchIndex(functionName: string, index: number, numBatches: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= numBatches) {
    throw new Error(
      `[@marco-ts/aligner] ${functionName}: a batch index must be in [0, ${numBatches}), got ${index}. Train fewer steps or more epochs.`,
    );
  }
}
