/**
 * Translation metrics on pairs made by formula, beside Python's sacrebleu on the same pairs.
 *
 * Every round takes pairs of its own, because sacrebleu remembers lines it has met. Units: seconds of processor time.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchError } from '../bench-error.ts';
import { createField } from '../contestants/field.ts';
import { startNodeProgram, startPythonPeer } from '../contestants/start-program.ts';
import { alternate } from '../measure/alternate.ts';
import { compareCase } from '../measure/compare-case.ts';
import type { BenchSuite } from '../suite.ts';
import { translationPairs } from '../texts/translation-pairs.ts';
import { type MetricRequest, TIMED_METRICS } from '../timed-metrics.ts';

const DEFAULT_ROUNDS = 2;
const PAIRS_PER_ROUND = 100_000;
/** Scores are equal when they agree to this many digits after the point. */
const SCORE_DIGITS = 9;

export const metrics: BenchSuite = {
  name: 'metrics',
  summary: 'BLEU, chrF, chrF++, TER: sacrebleu',
  async *run(context) {
    const rounds = context.rounds ?? DEFAULT_ROUNDS;
    context.note(`${PAIRS_PER_ROUND} pairs made by formula, others in each round; processor time`);
    const folder = await mkdtemp(join(tmpdir(), 'bench-metrics-'));
    try {
      const file = join(folder, 'pairs.json');
      await writeFile(file, JSON.stringify(translationPairs(rounds * PAIRS_PER_ROUND)));
      await using field = createField(context);
      if (!(await field.enter('ours', startNodeProgram('metrics', [file]))))
        throw benchError('metrics', 'our own metrics must start.');
      await field.enter('sacrebleu', startPythonPeer(context, 'sacrebleu', 'metrics.py', [file]));
      for (const metric of TIMED_METRICS.filter((name) => name.includes(context.only))) {
        const scores = new Map<string, string[]>();
        const samples = await alternate(
          [...field.present].map(([name, contestant]) => ({
            name,
            measure: async () => {
              const own = scores.get(name) ?? [];
              const start = own.length * PAIRS_PER_ROUND;
              const request: MetricRequest = { metric, start, end: start + PAIRS_PER_ROUND };
              const { seconds, score } = await contestant.ask<{ seconds: number; score: number }>(request);
              scores.set(name, [...own, score.toFixed(SCORE_DIGITS)]);
              return seconds;
            },
          })),
          rounds,
        );
        const { ours, ...peers } = Object.fromEntries(samples);
        for (const peer of Object.keys(peers)) {
          const same = String(scores.get(peer)) === String(scores.get('ours'));
          context.note(
            `${metric}: ${same ? 'the same scores as' : `scores ${scores.get('ours')} differ from`} ${peer}${same ? '' : `'s ${scores.get(peer)}`}`,
          );
        }
        yield compareCase({ case: metric, unit: 's', better: 'lower', ours: ours!, peers: Object.entries(peers) });
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};
