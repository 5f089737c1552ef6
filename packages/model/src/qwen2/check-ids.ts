/**
 * Token ids against the vocabulary, before any of them reaches a device, where a wrong one would read other memory or give NaN.
 */
import { modelError } from '../model-error.ts';

/** @throws naming the first id outside of [0, limit) by its row and column */
export function checkIds(
  functionName: string,
  name: string,
  ids: ArrayLike<number>,
  sequenceLength: number,
  vocabSize: number,
  ignored?: number,
): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i]!;
    if ((id >= 0 && id < vocabSize) || id === ignored) continue;
    throw modelError(
      functionName,
      `ids must be from 0 and below vocabSize ${vocabSize}, got ${id} at ${name}[${Math.floor(i / sequenceLength)},${i % sequenceLength}]. Did you resize the embeddings?`,
    );
  }
}
