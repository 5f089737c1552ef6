/**
 * Translation edit rate: edits and block shifts per reference word; lower is better.
 *
 * Source: Snover et al. 2006; numbers and signature of sacrebleu 2.6.0.
 * Units: score in percent of the mean reference length, above 100 for bad text. Statistics rows: [edits, reference length].
 */

import { pythonRightStrip } from '../python-text.ts';
import {
  type CorpusMetric,
  type EmptyReference,
  formatSignature,
  numReferences,
  type References,
  scoreCorpus,
  scoreSentence,
  segmentReferences,
} from './corpus-metric.ts';
import { countTerEdits } from './count-ter-edits.ts';
import { type TercomOptions, tercomTokenizer } from './tercom-tokenizer.ts';
import { createWordNumbers } from './word-numbers.ts';

/** How TER normalizes text; defaults are sacrebleu's. */
export interface TerOptions extends TercomOptions {
  readonly emptyReference?: EmptyReference | undefined;
}

/** TER of a corpus in edits per 100 reference words, with both counts. */
export interface TerScore {
  readonly name: 'TER';
  readonly score: number;
  readonly numEdits: number;
  readonly refLength: number;
}

/**
 * Corpus TER; with several references, the fewest edits over the mean reference length.
 * @throws Error on mismatched counts or an empty reference
 */
export function ter(
  hypotheses: readonly string[],
  references: References,
  options: TerOptions = {},
): TerScore & { readonly signature: string } {
  return scoreCorpus(terMetric(options), hypotheses, references);
}

/** TER of one sentence against its references. */
export function sentenceTer(
  hypothesis: string,
  references: readonly string[],
  options: TerOptions = {},
): TerScore & { readonly signature: string } {
  return scoreSentence(terMetric(options), hypothesis, references);
}

/** TER as statistics that add up, for bootstrap and paired tests. */
export function terMetric(options: TerOptions = {}): CorpusMetric<TerScore> {
  const tokens = tercomTokenizer(options);
  return {
    name: 'TER',
    higherIsBetter: false,
    statistics(hypotheses, references) {
      const segments = segmentReferences('ter', hypotheses, references, options.emptyReference ?? 'error');
      const values = new Float64Array(hypotheses.length * 2);
      for (const [segment, own] of segments.entries()) {
        const words = createWordNumbers();
        const read = (line: string): Int32Array => words.ofAll(tokens(pythonRightStrip(line)));
        const hypothesis = read(hypotheses[segment]!);
        let fewest = Number.POSITIVE_INFINITY;
        let totalLength = 0;
        for (const line of own) {
          const reference = read(line);
          fewest = Math.min(fewest, countTerEdits(hypothesis, reference));
          totalLength += reference.length;
        }
        values[2 * segment] = fewest;
        values[2 * segment + 1] = totalLength / own.length;
      }
      return { width: 2, numSegments: hypotheses.length, values };
    },
    scoreFromSums(sums) {
      const [numEdits, refLength] = [sums[0]!, sums[1]!];
      const rate = refLength > 0 ? numEdits / refLength : numEdits > 0 ? 1 : 0;
      return { name: 'TER', score: 100 * rate, numEdits, refLength };
    },
    signature: (references) =>
      formatSignature(numReferences(references), [
        ['case', options.caseSensitive ? 'mixed' : 'lc'],
        ['tok', 'tercom'],
        ['norm', options.normalized ?? false],
        ['punct', !options.noPunct],
        ['asian', options.asianSupport ?? false],
      ]),
  };
}
