/**
 * Tokens of a context and of its continuation, cut where lm-evaluation-harness cuts them.
 *
 * Source: `TemplateLM._encode_pair` and `loglikelihood` in lm-evaluation-harness 0.4: white space at the end of the context belongs to
 * the continuation, the concatenation is encoded as one text, and an empty context is the prefix token.
 */
import { inputError } from '../input-error.ts';
import { pythonRightStrip } from '../python-text.ts';

/** Ids of a context and of what continues it. */
export interface EncodedPair {
  /** at least one token */
  readonly context: Int32Array;
  /** at least one token */
  readonly continuation: Int32Array;
}

/**
 * @param encode text to token ids, without added special tokens
 * @param prefixTokenId stands for an empty context
 * @throws Error when the continuation has no token of its own
 */
export function encodePair(
  encode: (text: string) => Int32Array,
  context: string,
  continuation: string,
  prefixTokenId: number,
): EncodedPair {
  const kept = pythonRightStrip(context);
  const moved = context.slice(kept.length) + continuation;
  const head = kept === '' ? new Int32Array(0) : encode(kept);
  const own = kept === '' ? encode(moved) : encode(kept + moved).subarray(head.length);
  if (continuation === '' || own.length === 0) {
    throw inputError(
      'loglikelihood',
      `a continuation must have at least one token of its own, got '${continuation}' after '${context.slice(-40)}'. ` +
        'Is the choice empty, or does it merge into the context?',
    );
  }
  if (kept !== '') return { context: head, continuation: own };
  if (own[0] !== prefixTokenId) return { context: Int32Array.of(prefixTokenId), continuation: own };
  if (own.length === 1) {
    throw inputError('loglikelihood', `a continuation must hold more than the prefix token, got '${continuation}'.`);
  }
  return { context: own.subarray(0, 1), continuation: own.subarray(1) };
}
