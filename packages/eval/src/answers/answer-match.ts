/**
 * Exact match and token F1 between a predicted answer and gold answers, for every script.
 *
 * Source: the SQuAD v1.1 evaluation script (Rajpurkar et al. 2016), which TyDiQA-GoldP and XQuAD use unchanged: rules 'squad'.
 * The MLQA evaluation script (Lewis et al. 2020): rules 'mlqa', articles of the language and Unicode punctuation removed, Chinese by
 * character. Rules 'tydiqa' are those of lm-evaluation-harness's `tydiqa_goldp`: Unicode punctuation and the articles of English and Arabic
 * removed, split at white space in every language. Rules 'multilingual' are ours: as 'mlqa' for any language, and by character in every script written without spaces.
 * Units: 0..1, the best over the gold answers.
 */
import { inputError } from '../input-error.ts';
import { PYTHON_SPACE, pythonSplit } from '../python-text.ts';

/** How answers are normalized before they are compared. */
export interface AnswerMatchOptions {
  /** default 'squad' */
  readonly rules?: 'squad' | 'mlqa' | 'tydiqa' | 'multilingual' | undefined;
  /** `xxx_Xxxx`; its first three letters choose the articles; needed by all rules but 'squad' */
  readonly language?: string | undefined;
}

const ASCII_PUNCTUATION = /[!-/:-@[-`{-~]/g;
const PUNCTUATION = /[\p{P}!-/:-@[-`{-~]/gu;
const WORD_START = '(?<![\\p{L}\\p{N}_])';
const WORD_END = '(?![\\p{L}\\p{N}_])';
const words = (list: string): RegExp => new RegExp(`${WORD_START}(?:${list})${WORD_END}`, 'gu');

const ARTICLES: Readonly<Record<string, RegExp>> = {
  eng: words('a|an|the'),
  spa: words('un|una|unos|unas|el|la|los|las'),
  vie: words('của|là|cái|chiếc|những'),
  deu: words('ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des'),
  // As MLQA has it: the article goes wherever it stands, also inside a word.
  arb: /\sال^|ال/g,
};
const ARABIC_ARTICLE_AT_START = new RegExp(`(?:^|[${PYTHON_SPACE}])ال`, 'g');
const MLQA_LANGUAGES = new Set(['eng', 'spa', 'hin', 'vie', 'deu', 'arb', 'zho']);
const MLQA_CHARACTERS = /[\u4e00-\u9fa5]/gu;
const UNSPACED_CHARACTERS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}]\p{M}*/gu;

/** 1 where the normalized prediction equals a normalized gold answer, else 0. */
export function exactMatch(prediction: string, golds: readonly string[], options: AnswerMatchOptions = {}): 0 | 1 {
  checkGolds('exactMatch', golds);
  const own = answerTokens(prediction, options).join(' ');
  return golds.some((gold) => answerTokens(gold, options).join(' ') === own) ? 1 : 0;
}

/** F1 of the bags of tokens, the best over the gold answers; 0 where either has no token. */
export function answerF1(prediction: string, golds: readonly string[], options: AnswerMatchOptions = {}): number {
  checkGolds('answerF1', golds);
  const own = answerTokens(prediction, options);
  return Math.max(...golds.map((gold) => bagF1(own, answerTokens(gold, options))));
}

/** Lower case, punctuation and articles gone, split into words or, where the rules say so, characters. */
export function answerTokens(text: string, options: AnswerMatchOptions = {}): string[] {
  const { rules = 'squad' } = options;
  const lowered = text.toLowerCase();
  if (rules === 'squad') return pythonSplit(lowered.replace(ASCII_PUNCTUATION, '').replace(ARTICLES.eng!, ' '));
  const language = baseLanguage(options.language, rules);
  const bare = lowered.replace(PUNCTUATION, '');
  const articles = Object.hasOwn(ARTICLES, language) ? ARTICLES[language]! : undefined;
  if (rules === 'tydiqa') {
    if (language === 'eng') return pythonSplit(bare.replace(ARTICLES.eng!, ' '));
    return pythonSplit(language === 'arb' ? bare.replace(ARABIC_ARTICLE_AT_START, ' ') : bare);
  }
  const content = articles ? bare.replace(articles, ' ') : bare;
  if (rules === 'multilingual') return pythonSplit(content.replace(UNSPACED_CHARACTERS, ' $& '));
  return pythonSplit(language === 'zho' ? content.replace(MLQA_CHARACTERS, ' $& ') : content);
}

function baseLanguage(language: string | undefined, rules: string): string {
  if (!language) {
    throw inputError('answerTokens', `rules '${rules}' need a language such as 'spa_Latn', got none. Pass language.`);
  }
  const base = language.split('_')[0]!;
  if (rules === 'mlqa' && !MLQA_LANGUAGES.has(base)) {
    throw inputError(
      'answerTokens',
      `rules 'mlqa' know ${[...MLQA_LANGUAGES].join(', ')}, got '${language}'. Use rules: 'multilingual'.`,
    );
  }
  return base;
}

function checkGolds(where: string, golds: readonly string[]): void {
  if (golds.length > 0) return;
  throw inputError(where, 'needs at least one gold answer, got 0. Drop the question, or give its answers.');
}

function bagF1(prediction: readonly string[], gold: readonly string[]): number {
  const left = new Map<string, number>();
  for (const token of gold) left.set(token, (left.get(token) ?? 0) + 1);
  let common = 0;
  for (const token of prediction) {
    const count = left.get(token) ?? 0;
    if (count === 0) continue;
    left.set(token, count - 1);
    common++;
  }
  if (common === 0) return 0;
  const [precision, recall] = [common / prediction.length, common / gold.length];
  return (2 * precision * recall) / (precision + recall);
}
