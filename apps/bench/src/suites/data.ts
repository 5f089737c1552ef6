/**
 * Curating documents beside Python's usual parts, and a whole plan over a gigabyte of real text on one and two threads.
 *
 * Units: MB/s, 10^6 UTF-8 bytes; of one core's processor time, but of the clock for plans. Peers that are named `encode` and `one thread` are ours.
 */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchError } from '../bench-error.ts';
import { createField } from '../contestants/field.ts';
import type { ContestantProcess } from '../contestants/start-process.ts';
import { startNodeProgram, startPythonPeer, threadVariables } from '../contestants/start-program.ts';
import { alternate } from '../measure/alternate.ts';
import { compareCase } from '../measure/compare-case.ts';
import type { DataRequest, DataTask } from '../programs/data.program.ts';
import type { BenchSuite } from '../suite.ts';
import { tokenizerTexts } from '../texts/tokenizer-texts.ts';

const DEFAULT_ROUNDS = 3;
const DEFAULT_SIZE_MB = 1000;
const TRAIN_VOCAB_SIZE = 32_000;
const PLAN_FILES = 8;
const TASKS: readonly DataTask[] = ['identify', 'filters', 'minhash', 'cascade'];

interface Reply {
  readonly seconds: number;
  readonly peakRssBytes?: number;
}

export const data: BenchSuite = {
  name: 'data',
  summary: 'identification, filters, MinHash, shards, whole plans: datatrove, py3langid',
  async *run(context) {
    const source = await tokenizerTexts(context.testData, TRAIN_VOCAB_SIZE);
    const numBytes = source.texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    const megabytes = numBytes / 1e6;
    context.note(`${source.texts.length} documents, ${megabytes.toFixed(2)} MB: ${source.description}`);
    context.note(
      `MB/s times ${(source.texts.length / megabytes).toFixed(0)} is documents/s; words are split at white space on both sides`,
    );
    const folder = await mkdtemp(join(tmpdir(), 'bench-data-'));
    try {
      const lines = source.texts.map((text, i) =>
        JSON.stringify({ id: `${i}`, text, language: 'und_Latn', metadata: {} }),
      );
      const documents = join(folder, 'documents.jsonl');
      await writeFile(documents, lines.join('\n'));
      for (const [name, contents] of Object.entries(source.tokenizer.files()))
        await writeFile(join(folder, name), contents);
      await using field = createField(context);
      const ours = await field.enter('ours', startNodeProgram('data', [documents, folder]));
      if (ours === null) throw benchError('data', 'our own program must start.');
      const python = startPythonPeer(context, 'datatrove', 'data.py', [documents], threadVariables(1));
      const peer = await field.enter('datatrove', python);
      const ask = async (contestant: ContestantProcess, request: DataRequest) =>
        megabytes / (await contestant.ask<Reply>(request)).seconds;
      const rounds = context.rounds ?? DEFAULT_ROUNDS;

      for (const task of TASKS.filter((name) => name.includes(context.only))) {
        const samples = await alternate(
          [
            { name: 'ours', measure: () => ask(ours, { task }) },
            ...(peer === null
              ? []
              : [{ name: task === 'identify' ? 'py3langid' : 'datatrove', measure: () => ask(peer, { task }) }]),
          ],
          rounds,
        );
        const { ours: own, ...others } = Object.fromEntries(samples);
        yield compareCase({ case: task, unit: 'MB/s', better: 'higher', ours: own!, peers: Object.entries(others) });
      }
      if ('tokenize and shard'.includes(context.only)) {
        const samples = await alternate(
          [
            { name: 'ours', measure: () => ask(ours, { task: 'shard' }) },
            { name: 'encode', measure: () => ask(ours, { task: 'encode' }) },
          ],
          rounds,
        );
        const { ours: own, encode } = Object.fromEntries(samples);
        yield compareCase({
          case: 'tokenize and shard',
          unit: 'MB/s',
          better: 'higher',
          ours: own!,
          peers: [['encode', encode!]],
        });
      }
      if ('minhash'.includes(context.only)) {
        const found = await ours.ask<Reply & Record<'alike' | 'alikeFound' | 'unlike' | 'unlikeJoined', number>>({
          task: 'recall',
        });
        context.note(
          `minhash beside exact Jaccard of 5-grams: ${found.alikeFound} of ${found.alike} pairs of at least 0.8 found, ${found.unlikeJoined} of ${found.unlike} pairs below 0.5 joined`,
        );
      }
      if (!'plan'.includes(context.only)) return;
      const corpus = await writeCorpus(folder, lines, (context.sizeMegabytes ?? DEFAULT_SIZE_MB) / megabytes);
      const planned = corpus.repeats * megabytes;
      const speeds: Record<number, number> = {};
      for (const workers of context.threads > 1 ? [1, context.threads] : [1]) {
        const started = await startNodeProgram('data-plan', [], { name: `plan on ${workers}` });
        if ('absent' in started) throw benchError('data', started.absent);
        const { seconds, peakRssBytes } = await started.process.ask<Reply>({ folder: corpus.folder, workers });
        await started.process.close();
        speeds[workers] = planned / seconds;
        context.note(
          `plan over ${planned.toFixed(0)} MB on ${workers} thread(s): ${seconds.toFixed(1)} s, peak memory ${(peakRssBytes! / 2 ** 20).toFixed(0)} MiB`,
        );
        yield compareCase({
          case: `plan, ${workers} thread${workers === 1 ? '' : 's'}`,
          unit: 'MB/s',
          better: 'higher',
          ours: [speeds[workers]],
          peers: workers === 1 ? [] : [['one thread', [speeds[1]!]]],
        });
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** The documents again and again, dealt to a few files: near-duplicates abound, as they do on the web. */
async function writeCorpus(folder: string, lines: readonly string[], times: number) {
  const repeats = Math.max(1, Math.ceil(times));
  const corpus = join(folder, 'corpus');
  await mkdir(corpus);
  const files = Array.from({ length: PLAN_FILES }, (_, i) => createWriteStream(join(corpus, `${i}.jsonl`)));
  for (let repeat = 0; repeat < repeats; repeat++) {
    for (const [index, line] of lines.entries()) {
      const file = files[index % PLAN_FILES]!;
      if (!file.write(`${line}\n`)) await once(file, 'drain');
    }
  }
  await Promise.all(files.map((file) => new Promise((done) => file.end(done))));
  return { folder: corpus, repeats };
}
