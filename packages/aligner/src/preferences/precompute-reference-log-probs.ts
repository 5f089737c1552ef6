/**
 * Log-probabilities of all answers under the frozen reference, computed once and kept on disk: training then holds one model, not two.
 *
 * Asked for in huggingface/trl issue 3985: saved values must be refused when data, model or tokenizer are others.
 */
import { type ParamMap, tf } from '@marco-ts/core';
import { type Qwen2Config, tokenNll } from '@marco-ts/model';
import type { EncodedPreferencePair } from './encode-preference-pairs.ts';
import { packPreferencePairs } from './pack-preference-pairs.ts';
import type { ReferenceLogProbs } from './preference-batch.ts';
import { readReferenceCache, writeReferenceCache } from './reference-cache.ts';
import type { ReferenceFingerprint } from './reference-fingerprint.ts';
import { sequenceLogProbs } from './sequence-log-probs.ts';

/** The reference, the pairs, the shape of its batches, and where values are kept. */
export interface PrecomputeReferenceOptions {
  /** The frozen reference; neither changed nor disposed. */
  readonly params: ParamMap;
  readonly config: Qwen2Config;
  readonly pairs: readonly EncodedPreferencePair[];
  readonly sequenceLength: number;
  readonly microBatchSize: number;
  readonly padTokenId: number;
  /** Where to keep the values, and what they depend on (`fingerprintReference`). */
  readonly cache?: { readonly path: string; readonly fingerprint: ReferenceFingerprint };
  /** Told after each batch. */
  readonly onProgress?: (progress: { readonly numBatches: number; readonly completedBatches: number }) => void;
  readonly signal?: AbortSignal;
}

/**
 * @returns values in the order of `pairs`, from the cache where it has them
 * @throws Error when the cache was made from something else, when a value is not finite, and the signal's reason when it is raised
 */
export async function precomputeReferenceLogProbs(options: PrecomputeReferenceOptions): Promise<ReferenceLogProbs> {
  const { params, config, pairs, sequenceLength, microBatchSize, padTokenId, cache, onProgress, signal } = options;
  if (cache !== undefined) {
    const cached = await readReferenceCache(cache.path, cache.fingerprint, pairs.length);
    if (cached !== null) return cached;
  }
  const loader = packPreferencePairs({ pairs, sequenceLength, microBatchSize, padTokenId, seed: 'reference' });
  const values = { chosen: new Float32Array(pairs.length), rejected: new Float32Array(pairs.length) };
  for (let index = 0; index < loader.numBatches; index++) {
    signal?.throwIfAborted();
    const batch = loader.batchAt(index);
    const logps_S = tf.tidy(() =>
      sequenceLogProbs(tokenNll(params, config, batch), batch.sequenceIds, 2 * batch.numPairs),
    );
    const logps = await logps_S.data();
    for (const [place, pair] of loader.pairsAt(index).entries()) {
      values.chosen[pair] = logps[place]!;
      values.rejected[pair] = logps[batch.numPairs + place]!;
      if (!Number.isFinite(values.chosen[pair]! + values.rejected[pair]!)) {
        logps_S.dispose();
        throw new Error(
          `[@marco-ts/aligner] precomputeReferenceLogProbs: log-probabilities must be finite, got ${logps[place]} and ${logps[batch.numPairs + place]} at pairs[${pair}]. Check the reference model.`,
        );
      }
    }
    logps_S.dispose();
    onProgress?.({ numBatches: loader.numBatches, completedBatches: index + 1 });
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (cache !== undefined) await writeReferenceCache(cache.path, cache.fingerprint, values);
  return values;
}
