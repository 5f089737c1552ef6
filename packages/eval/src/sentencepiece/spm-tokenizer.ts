/**
 * The BLEU tokenizer of a SentencePiece model, for spBLEU.
 *
 * Source: `TokenizerSPM` of sacrebleu 2.6.0: pieces joined by spaces and split at white space.
 */
import type { BleuTokenizer } from '../metrics/bleu-tokenizers.ts';
import { pythonSplit } from '../python-text.ts';
import { sentencePieceTokenizer } from './sentencepiece-tokenizer.ts';

/**
 * A BLEU tokenizer that splits as a SentencePiece model does. Throws when the bytes are no model.
 *
 * @param model a whole `.model` file, such as flores200's
 */
export function spmTokenizer(model: Uint8Array): BleuTokenizer {
  const { encode } = sentencePieceTokenizer(model);
  return (line) => pythonSplit(encode(line).join(' '));
}
