/**
 * Rows of the held-out benchmarks, from paragraphs that are translations of each other. The same paragraphs and seed give the same rows.
 *
 * Word order: two neighbouring words inside a sentence are exchanged, never the first or the last, whose capital or stop would give it away.
 * Translation choice: the wrong choices are the paragraphs of the language that are nearest in length.
 */
import { createRandom, type Random } from '@marco-ts/core';
import type { Row } from '../definition/task-definition.ts';
import type { HeldOutKind } from './held-out-tasks.ts';

/** A paragraph that was kept out of training. */
export interface HeldOutParagraph {
  /** the same for all languages: paragraphs of one id are translations of each other */
  readonly paragraphId: string;
  readonly language: string;
  /** as prompts name it */
  readonly languageName: string;
  readonly text: string;
}

/** The paragraphs that rows are made of. */
export interface HeldOutRowsOptions {
  readonly paragraphs: readonly HeldOutParagraph[];
  /** language translated from; it gets no translation choices itself */
  readonly pivotLanguage: string;
  readonly seed: number | string;
}

/** Sentences of each paragraph in word order, drawn apart. */
const SWAPS_PER_PARAGRAPH = 2;
/** A longer text is cut, so that two words are not lost in it. */
const MAX_WORDS = 20;
const NUM_CHOICES = 4;

/** @returns for each kind its rows by language; a language of which no row can be made is left out */
export function heldOutRows(options: HeldOutRowsOptions): Record<HeldOutKind, ReadonlyMap<string, readonly Row[]>> {
  const { paragraphs, pivotLanguage, seed } = options;
  const byLanguage = [...Map.groupBy(paragraphs, ({ language }) => language)];
  const pivots = new Map(
    paragraphs
      .filter(({ language }) => language === pivotLanguage)
      .map((paragraph) => [paragraph.paragraphId, paragraph]),
  );
  const rowsOf = (make: (own: readonly HeldOutParagraph[], random: Random) => Row[]) =>
    new Map(
      byLanguage
        .map(([language, own]) => [language, make(own, createRandom(seed).fork(`held out ${language}`))] as const)
        .filter(([, rows]) => rows.length > 0),
    );
  return {
    word_order: rowsOf((own, random) => own.flatMap((paragraph) => wordOrderRows(paragraph, random))),
    translation_choice: rowsOf((own, random) => own.flatMap((target) => choiceRow(target, own, pivots, random))),
  };
}

function wordOrderRows({ paragraphId, language, text }: HeldOutParagraph, random: Random): Row[] {
  const parts = [...new Intl.Segmenter(language.split('_')[0], { granularity: 'word' }).segment(text)];
  const words = parts.flatMap(({ isWordLike }, index) => (isWordLike ? [index] : [])).slice(0, MAX_WORDS);
  const end = words.length === MAX_WORDS ? words.at(-1)! + 1 : parts.length;
  const texts = parts.slice(0, end).map(({ segment }) => segment);
  // Neighbours with no comma or other sign between them.
  const swappable = words.slice(1, -2).filter((index, position) => {
    const next = words[position + 2]!;
    return texts[index] !== texts[next] && texts.slice(index + 1, next).every((between) => between.trim() === '');
  });
  return random
    .shuffle(swappable)
    .slice(0, SWAPS_PER_PARAGRAPH)
    .map((index) => {
      const next = words[words.indexOf(index) + 1]!;
      return {
        id: `${paragraphId}/${index}`,
        sen: texts.join(''),
        wrong_sen: texts.with(index, texts[next]!).with(next, texts[index]!).join(''),
      };
    });
}

function choiceRow(
  target: HeldOutParagraph,
  own: readonly HeldOutParagraph[],
  pivots: ReadonlyMap<string, HeldOutParagraph>,
  random: Random,
): Row[] {
  const source = pivots.get(target.paragraphId);
  if (source === undefined || source.language === target.language) return [];
  const distance = ({ text }: HeldOutParagraph): number => Math.abs(text.length - target.text.length);
  const wrong = own
    .filter(({ text }) => text !== target.text)
    .sort((left, right) => distance(left) - distance(right))
    .slice(0, NUM_CHOICES - 1);
  if (wrong.length < NUM_CHOICES - 1) return [];
  const choices = random.shuffle([target, ...wrong]);
  return [
    {
      id: target.paragraphId,
      source: source.text,
      source_language: source.languageName,
      target_language: target.languageName,
      choices: choices.map(({ text }) => text),
      label: choices.indexOf(target),
    },
  ];
}
