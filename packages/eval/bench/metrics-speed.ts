/**
 * Times BLEU, chrF, chrF++ and TER on pairs made by formula, beside Python's sacrebleu on the same pairs.
 *
 * Run: node --conditions=@marco-ts/source packages/eval/bench/metrics-speed.ts [pairs] [python]
 * Without a python that has sacrebleu, only our side is timed and the peer is said to be absent.
 * Units: seconds of processor time, which other programs on the machine disturb less than the clock; ours is the median of three runs, the
 * peer's one run (its tokenizers cache, so a second run would measure something else). A ratio above 1 says how many times faster we are.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bleu } from '../src/metrics/bleu.ts';
import { chrf } from '../src/metrics/chrf.ts';
import { ter } from '../src/metrics/ter.ts';

const numPairs = Number(process.argv[2] ?? 100_000);
const python = process.argv[3];

const syllables = ['ka', 'lo', 'mi', 'ru', 'sen', 'ta', 'vor', 'ли', 'но', 'гра', 'σα', 'λη', 'ça', 'ön', 'ş', 'ie'];
let state = 12345;
const draw = (limit: number): number => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * limit);
};
const vocabulary = Array.from({ length: 20_000 }, () =>
  Array.from({ length: 1 + draw(4) }, () => syllables[draw(syllables.length)]).join(''),
);
// Squaring favours low numbers, so that frequent words are frequent as in a language.
const word = (): string => vocabulary[Math.floor((draw(1 << 20) / (1 << 20)) ** 2 * vocabulary.length)]!;
const references: string[] = [];
const hypotheses: string[] = [];
for (let pair = 0; pair < numPairs; pair++) {
  const words = Array.from({ length: 10 + draw(25) }, word);
  references.push(`${words.join(' ')}.`);
  const changed = words.flatMap((own) => (draw(10) === 0 ? [] : draw(5) === 0 ? [word()] : [own]));
  if (draw(3) === 0) changed.push(...changed.splice(draw(changed.length + 1), 3));
  hypotheses.push(`${changed.join(' ')},`.replace(',', draw(2) === 0 ? '.' : ', 3.5!'));
}

const cases: Record<string, () => { score: number }> = {
  bleu: () => bleu(hypotheses, references, { emptyReference: 'score' }),
  chrf: () => chrf(hypotheses, references, { emptyReference: 'score' }),
  'chrf++': () => chrf(hypotheses, references, { wordOrder: 2, emptyReference: 'score' }),
  ter: () => ter(hypotheses, references, { emptyReference: 'score' }),
};

const folder = mkdtempSync(join(tmpdir(), 'metrics-speed-'));
try {
  writeFileSync(join(folder, 'pairs.json'), JSON.stringify({ hypotheses, references }));
  const peer = python ? runPeer(python, join(folder, 'pairs.json')) : undefined;
  console.log(
    `${numPairs} pairs, node ${process.version}${peer ? `, sacrebleu ${peer.version}` : '; sacrebleu is absent'}`,
  );
  for (const [name, run] of Object.entries(cases)) {
    const seconds = [0, 1, 2].map(() => {
      const start = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1e6;
    });
    const ours = seconds.sort((left, right) => left - right)[1]!;
    const theirs = peer?.cases[name];
    const beside = theirs
      ? `  sacrebleu ${theirs.seconds.toFixed(2)} s  ratio ${(theirs.seconds / ours).toFixed(1)}  same score: ${theirs.score.toFixed(9) === run().score.toFixed(9)}`
      : '';
    console.log(`${name.padEnd(7)} ${ours.toFixed(2)} s${beside}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

interface Peer {
  readonly version: string;
  readonly cases: Record<string, { seconds: number; score: number }>;
}

function runPeer(executable: string, pairs: string): Peer {
  const program = [
    'import json, sys, time, sacrebleu',
    'from sacrebleu.metrics import BLEU, CHRF, TER',
    'pairs = json.load(open(sys.argv[1]))',
    'h, r = pairs["hypotheses"], [pairs["references"]]',
    'cases = {"bleu": (BLEU, {}), "chrf": (CHRF, {}), "chrf++": (CHRF, {"word_order": 2}), "ter": (TER, {})}',
    'result = {}',
    'for name, (kind, options) in cases.items():',
    '    start = time.process_time()',
    '    score = kind(**options).corpus_score(h, r).score',
    '    result[name] = {"seconds": time.process_time() - start, "score": score}',
    'print(json.dumps({"version": sacrebleu.__version__, "cases": result}))',
  ].join('\n');
  const { status, stdout, stderr } = spawnSync(executable, ['-c', program, pairs], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0) throw new Error(`sacrebleu could not be run with ${executable}: ${stderr}`);
  return JSON.parse(stdout);
}
