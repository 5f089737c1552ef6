/**
 * Shards that are trained on together must be of one tokenizer, the model's: ids of another one of the same size would train without an error, on noise.
 */
import { join } from 'node:path';
import type { Shard } from './shard.ts';
import { INFO_FILE } from './write-shard.ts';

/** The tokenizer that shards must be of, and what to call it in an error. */
export interface ExpectedTokenizer {
  /** As `fingerprint` of a `Tokenizer` gives it. */
  readonly fingerprint: string;
  /** Where it lies, for example a model directory. */
  readonly where: string;
}

/**
 * @param expected when absent, all shards must be of one tokenizer, whichever it is
 * @returns shards that do not say what wrote them: of an earlier version, or of another library
 * @throws Error naming the first shard of another tokenizer, with both fingerprints
 */
export function requireOneTokenizer<Kind extends Pick<Shard, 'info' | 'directory'>>(
  shards: readonly Kind[],
  expected?: ExpectedTokenizer,
): Kind[] {
  const isMarked = ({ info }: Kind): boolean => info.tokenizerFingerprint !== undefined;
  const first = shards.find(isMarked);
  const wanted = expected ?? (first && { fingerprint: first.info.tokenizerFingerprint!, where: pathOf(first) });
  const other = shards.find((shard) => isMarked(shard) && shard.info.tokenizerFingerprint !== wanted?.fingerprint);
  if (other !== undefined) {
    throw new Error(
      `[@marco-ts/data] requireOneTokenizer: shards must be written with the tokenizer ${short(wanted!.fingerprint)} of ${wanted!.where}, got ${short(other.info.tokenizerFingerprint!)} at ${pathOf(other)}. Write these shards again with that tokenizer.`,
    );
  }
  return shards.filter((shard) => !isMarked(shard));
}

const pathOf = ({ directory }: Pick<Shard, 'directory'>): string => join(directory, INFO_FILE);
const short = (fingerprint: string): string => `${fingerprint.slice(0, 12)}…`;
