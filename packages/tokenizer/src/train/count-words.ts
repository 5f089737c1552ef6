/**
 * Counts the pieces of a training text.
 */

import type { Pretokenizer } from '../files/tokenizer-json.ts';
import type { PieceScanner } from '../pretokenize/piece-scanner.ts';
import { normalizeNfc } from '../text/normalize-nfc.ts';
import { wellFormed } from '../text/well-formed.ts';
import { describeValue, tokenizerError } from '../tokenizer-error.ts';

export interface CountWordsOptions {
  readonly normalizesNfc: boolean;
  readonly pretokenizer: Pretokenizer;
}

/** @returns occurrences by piece, in the order of first sight */
export function countWords(
  functionName: string,
  texts: Iterable<string>,
  options: CountWordsOptions,
): Map<string, number> {
  const counts = new Map<string, number>();
  const count = (word: string) => counts.set(word, (counts.get(word) ?? 0) + 1);
  let index = 0;
  for (const text of texts) {
    if (typeof text !== 'string') {
      throw tokenizerError(
        functionName,
        'texts must hold strings',
        `${describeValue(text)} at texts[${index}]`,
        'Pass the text of each document.',
      );
    }
    const source = wellFormed(text);
    cut(options.normalizesNfc ? normalizeNfc(source) : source, options.pretokenizer, count);
    index++;
  }
  return counts;
}

function cut(text: string, pretokenizer: Pretokenizer, count: (word: string) => void): void {
  if (text === '') return;
  if (pretokenizer.scanner) {
    cutByScanner(pretokenizer.addPrefixSpace && !text.startsWith(' ') ? ` ${text}` : text, pretokenizer.scanner, count);
    return;
  }
  let pieces = [{ text, start: 0, numPrefixed: 0 }];
  for (const step of pretokenizer.steps) pieces = step(pieces);
  for (const piece of pieces) count(piece.text);
}

function cutByScanner(text: string, scan: PieceScanner, count: (word: string) => void): void {
  const units = new Uint16Array(text.length);
  for (let i = 0; i < text.length; i++) units[i] = text.charCodeAt(i);
  for (let start = 0; start < text.length; ) {
    const end = scan(units, start, text.length);
    count(text.slice(start, end));
    start = end;
  }
}
