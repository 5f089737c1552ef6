/**
 * What every reader of translation pairs is given, and how a pair is made of two texts.
 */
import type { ParallelPair } from '../../parallel/align-paragraphs.ts';
import type { InputFile } from '../input-file.ts';
import type { ReadFault, ReportFault } from '../read-fault.ts';

export interface PairContext {
  readonly file: InputFile;
  readonly sourceLanguage: string;
  readonly targetLanguage: string;
  readonly sourceTag: string;
  readonly targetTag: string;
  readonly sourceColumn: number;
  readonly targetColumn: number;
  readonly maxTextBytes: number;
  readonly report: ReportFault;
  readonly signal?: AbortSignal;
}

/**
 * @param number of the line, row or unit, from 1; it takes the article's place, so that pairs of one file keep their order
 * @param at where the pair is reported when a side is empty
 */
export function pairOf(
  context: PairContext,
  number: number,
  source: string,
  target: string,
  at: Omit<ReadFault, 'reason' | 'detail'>,
): ParallelPair | undefined {
  const { file, sourceLanguage, targetLanguage } = context;
  const texts = { source: source.trim(), target: target.trim() };
  if (texts.source === '' || texts.target === '') {
    const side = texts.source === '' ? 'source' : 'target';
    context.report({ ...at, reason: 'empty', detail: `the ${side} side has no text` });
    return undefined;
  }
  return { id: `${file.name}:${number}`, sourceLanguage, targetLanguage, ...texts, article: number, paragraph: 0 };
}
