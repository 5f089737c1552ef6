/**
 * A shard: the tokens of many documents of one source in one binary file, with document boundaries, languages and checksums.
 *
 * On disk: `tokens.bin` (little-endian uint16 where every id fits, else uint32), `documents.bin` (float64 token offsets [D + 1],
 * then uint16 language indices [D]) and `shard.json` (a `ShardInfo`), which is written last.
 */
import type { IdList } from '@marco-ts/tokenizer';

/** What `shard.json` holds. */
export interface ShardInfo {
  readonly formatVersion: 1;
  /** Unique among the shards of a run, for example `swh_Latn/00000`. */
  readonly name: string;
  /** Name of the mixture source these documents count towards, for example `swh_Latn` or `parallel`. */
  readonly source: string;
  /** Languages present, in order of first appearance; `documentLanguage` answers with one of these. */
  readonly languages: readonly string[];
  readonly dtype: 'uint16' | 'uint32';
  readonly vocabSize: number;
  readonly eosTokenId: number;
  /** Of the tokenizer that wrote it; absent in shards of an earlier version and of other libraries. */
  readonly tokenizerFingerprint?: string;
  readonly numDocuments: number;
  /** Includes the end-of-text token that closes every document. */
  readonly numTokens: number;
  /** UTF-8 bytes of the documents' text. */
  readonly numBytes: number;
  /** Tokens by language, in the order of `languages`. */
  readonly languageTokens: readonly number[];
  /** SHA-256, hexadecimal. */
  readonly tokensChecksum: string;
  readonly documentsChecksum: string;
}

/** An opened shard. Reads are synchronous, because a batch is made between two steps of the trainer. */
export interface Shard {
  readonly info: ShardInfo;
  readonly directory: string;
  /** Tokens of document `index`, its end-of-text token included. */
  documentLength(index: number): number;
  /** Language of a document by its index. */
  documentLanguage(index: number): string;
  /** Copies `length` tokens of document `index` from its token `start` on into `target` at `targetOffset`. */
  readTokens(index: number, start: number, length: number, target: Int32Array, targetOffset: number): void;
  /** Lets go of the file; nothing can be read after it. */
  close(): void;
}

/** What sharding needs of a tokenizer; `Tokenizer` of `@marco-ts/tokenizer` has it. */
export interface ShardTokenizer {
  readonly vocabSize: number;
  readonly eosTokenId: number;
  /** Special tokens in the text are plain text here: documents cannot forge them. */
  appendOrdinary(text: string, list: IdList): void;
  /** Recorded in the shard, so that it is not trained on as another tokenizer's. */
  fingerprint?(): string;
}
