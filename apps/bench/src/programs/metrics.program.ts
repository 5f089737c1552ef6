/**
 * The contestant for translation metrics: BLEU, chrF, chrF++ and TER of marco-ts on pairs read from a file.
 *
 * Usage: node metrics.program.js <pairs.json>, then requests on standard input.
 * Units: seconds of processor time, which other programs on the machine disturb less than the clock.
 */
import { readFile } from 'node:fs/promises';
import { bleu, chrf, ter } from '@marco-ts/eval';
import type { TranslationPairs } from '../texts/translation-pairs.ts';
import type { MetricRequest } from '../timed-metrics.ts';
import { answerRequests } from './answer-requests.ts';

await answerRequests<MetricRequest>(async () => {
  const pairs = JSON.parse(await readFile(process.argv[2]!, 'utf8')) as TranslationPairs;
  return {
    facts: {},
    answer({ metric, start, end }) {
      const hypotheses = pairs.hypotheses.slice(start, end);
      const references = pairs.references.slice(start, end);
      const emptyReference = 'score';
      const before = process.cpuUsage();
      const { score } =
        metric === 'bleu'
          ? bleu(hypotheses, references, { emptyReference })
          : metric === 'ter'
            ? ter(hypotheses, references, { emptyReference })
            : chrf(hypotheses, references, { emptyReference, wordOrder: metric === 'chrf++' ? 2 : 0 });
      const { user, system } = process.cpuUsage(before);
      return { seconds: (user + system) / 1e6, score };
    },
  };
});
