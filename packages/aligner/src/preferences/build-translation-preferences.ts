/**
 * Preference pairs from aligned paragraphs, with no judge: the true translation against an answer that is wrong in a known way.
 *
 * Source of the idea: synthetic preferences for Slovene translation, where answers in the wrong language and truncated ones are the
 * rejected (see Marco-LLM's card for DPO; its own preference data is not public).
 */
import { createRandom, type Random } from '@marco-ts/core';
import {
  type AlignedParagraph,
  groupParagraphs,
  type TranslationPair,
  translationPairs,
} from '../instructions/aligned-paragraph.ts';
import {
  renderTranslationInstruction,
  TRANSLATION_INSTRUCTIONS,
  type TranslationInstructionOptions,
} from '../instructions/build-translation-instructions.ts';
import { limitPerLanguage } from '../instructions/limit-per-language.ts';
import { wordStarts } from '../instructions/word-starts.ts';
import type { PreferencePair } from './preference-pair.ts';

/**
 * `wrong_language`: the same paragraph in a third language. `truncated`: the translation, cut in mid-sentence.
 * `other_article`: the right language, a paragraph of another article of similar length.
 */
export type RejectionKind = 'wrong_language' | 'truncated' | 'other_article';

/** As for translation instructions, with the ways in which answers are made wrong. */
export interface TranslationPreferenceOptions extends TranslationInstructionOptions {
  /** Each pair takes the kind that its language has fewest of, so that they are balanced; default all three. */
  readonly kinds?: readonly RejectionKind[];
}

/** The pairs, and how many of each kind there are. */
export interface TranslationPreferences {
  readonly pairs: PreferencePair[];
  /** Pairs by language and kind. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Translations for which no kind could be made (too short, and alone in its language), by language. */
  readonly skipped: Readonly<Record<string, number>>;
}

const ALL_KINDS: readonly RejectionKind[] = ['wrong_language', 'truncated', 'other_article'];
/** Fewer words cannot be cut in the middle of a sentence. */
const MIN_WORDS_TO_CUT = 4;
/** How many paragraphs of nearest length `other_article` draws from. */
const NEAREST = 3;

interface Corpus {
  readonly byParagraph: ReadonlyMap<string, readonly AlignedParagraph[]>;
  readonly byLanguage: ReadonlyMap<string, readonly AlignedParagraph[]>;
}

/**
 * @returns pairs in seeded order; where a kind cannot be made the next rarest is tried
 * @throws Error for bad paragraphs, and when no paragraph is in the pivot language and another
 */
export function buildTranslationPreferences(options: TranslationPreferenceOptions): TranslationPreferences {
  const {
    paragraphs,
    pivotLanguage = 'eng_Latn',
    directions = 'both',
    kinds = ALL_KINDS,
    templates = TRANSLATION_INSTRUCTIONS,
    maxPerLanguage,
    seed,
  } = options;
  if (kinds.length === 0 || kinds.some((kind) => !ALL_KINDS.includes(kind))) {
    throw new Error(
      `[@marco-ts/aligner] buildTranslationPreferences: kinds must be some of ${ALL_KINDS.join(', ')}, got [${kinds.join(', ')}]. Correct it in the recipe.`,
    );
  }
  const random = createRandom(seed).fork('preferences');
  const corpus: Corpus = {
    byParagraph: groupParagraphs('buildTranslationPreferences', paragraphs),
    byLanguage: Map.groupBy(paragraphs, ({ language }) => language),
  };
  const translations = random.shuffle(
    translationPairs('buildTranslationPreferences', paragraphs, pivotLanguage, directions),
  );
  const counts: Record<string, Record<string, number>> = {};
  const skipped: Record<string, number> = {};
  const pairs: PreferencePair[] = [];
  for (const translation of limitPerLanguage(translations, maxPerLanguage)) {
    const { language } = translation;
    const made = counts[language] ?? {};
    const rarestFirst = [...kinds].sort((a, b) => (made[a] ?? 0) - (made[b] ?? 0));
    const found = firstRejection(translation, rarestFirst, corpus, random);
    if (found === null) {
      skipped[language] = (skipped[language] ?? 0) + 1;
      continue;
    }
    counts[language] = { ...made, [found.kind]: (made[found.kind] ?? 0) + 1 };
    const content = renderTranslationInstruction(templates[random.integer(templates.length)]!, translation);
    pairs.push({
      prompt: [{ role: 'user', content }],
      chosen: translation.target.text,
      rejected: found.text,
      language,
      kind: found.kind,
    });
  }
  return { pairs, counts, skipped };
}

function firstRejection(translation: TranslationPair, kinds: readonly RejectionKind[], corpus: Corpus, random: Random) {
  for (const kind of kinds) {
    const text = rejectedText(kind, translation, corpus, random);
    if (text !== null && text !== translation.target.text) return { kind, text };
  }
  return null;
}

function rejectedText(
  kind: RejectionKind,
  { source, target }: TranslationPair,
  corpus: Corpus,
  random: Random,
): string | null {
  if (kind === 'truncated') return truncated(target, random);
  if (kind === 'wrong_language') {
    const others = corpus.byParagraph
      .get(target.paragraphId)!
      .filter(
        (other) =>
          other.language !== target.language && other.language !== source.language && other.text !== target.text,
      );
    return others.length === 0 ? null : others[random.integer(others.length)]!.text;
  }
  const others = corpus.byLanguage
    .get(target.language)!
    .filter((other) => other.articleId !== target.articleId && other.text !== target.text)
    .sort((a, b) => Math.abs(a.text.length - target.text.length) - Math.abs(b.text.length - target.text.length));
  return others.length === 0 ? null : others[random.integer(Math.min(NEAREST, others.length))]!.text;
}

/** Cuts before a word between 30% and 70% of the text, and takes off punctuation that would look like an end. */
function truncated({ text, language }: AlignedParagraph, random: Random): string | null {
  const starts = wordStarts(text, language);
  if (starts.length + 1 < MIN_WORDS_TO_CUT) return null;
  const low = Math.floor(starts.length * 0.3);
  const high = Math.max(low + 1, Math.floor(starts.length * 0.7));
  const cut = text.slice(0, starts[low + random.integer(high - low)]!).replace(/[\s\p{P}]+$/u, '');
  return cut === '' ? null : cut;
}
