/**
 * A score of translation pairs by a language model that is asked how good each one is.
 *
 * Source: GEMBA-DA without a reference (Kocmi and Federmann 2023, arXiv:2302.14520): direct assessment from 0 to 100.
 * Units: the score is the answer divided by 100. Differs: the question is worded anew.
 */
import type { TextGenerator } from '../synthetic/text-generator.ts';
import type { ParallelPair } from './align-paragraphs.ts';
import type { PairScorer } from './pair-scorer.ts';

/** The model that judges. */
export interface TranslationJudgeOptions {
  /** A server or a model of our own. Each pair is one request, at temperature 0. */
  readonly generator: TextGenerator;
  /** Requests for a pair until one holds a number; 3 without it. */
  readonly maxTries?: number;
}

const MAX_ANSWER_TOKENS = 16;
const names = new Intl.DisplayNames('en', { type: 'language' });
/** For example `Swahili` of `swh_Latn`. */
const nameOf = (language: string): string => (names.of(language.replace('_', '-')) ?? language).replace(' (Latin)', '');

function question({ source, target, sourceLanguage, targetLanguage }: ParallelPair): string {
  const [from, to] = [nameOf(sourceLanguage), nameOf(targetLanguage)];
  return [
    `How good is this translation from ${from} into ${to}? 100 keeps the whole meaning in faultless ${to}; 0 keeps none of it.`,
    `${from}: ${source}`,
    `${to}: ${target}`,
    'Answer with one number from 0 to 100.',
  ].join('\n');
}

/** The first number of an answer, where it is one from 0 to 100. */
function scoreOfAnswer(text: string): number | undefined {
  const found = /\d+(\.\d+)?/.exec(text);
  const value = found === null ? Number.NaN : Number(found[0]);
  return value <= 100 ? value / 100 : undefined;
}

/** A pair for which no answer holds a number from 0 to 100 scores 0. */
export function translationJudge({ generator, maxTries = 3 }: TranslationJudgeOptions): PairScorer {
  const judge = async (pair: ParallelPair): Promise<number> => {
    const messages = [{ role: 'user', content: question(pair) }] as const;
    for (let seed = 0; seed < maxTries; seed++) {
      const { text } = await generator.generate({ messages, maxNewTokens: MAX_ANSWER_TOKENS, temperature: 0, seed });
      const score = scoreOfAnswer(text);
      if (score !== undefined) return score;
    }
    return 0;
  };
  return { name: 'translation_judge', score: (pairs) => Promise.all(pairs.map(judge)) };
}
