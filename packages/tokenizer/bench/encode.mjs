/**
 * Encoding and training speed on real text beside Hugging Face tokenizers in Rust and in JavaScript, one thread each, alternating in
 * one run; and encoding on worker threads.
 *
 * Text: the news and treebank documents of MARCO_TEST_DATA/mono with Qwen2's real tokenizer. Medians of the passes; MB are 10^6 UTF-8
 * bytes. The Rust peer needs PYTHON, a Python with the package `tokenizers`; without it it is said to be absent.
 *
 * Usage: MARCO_TEST_DATA=... PYTHON=... node --conditions=@marco-ts/source packages/tokenizer/bench/encode.mjs [passes]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Tokenizer as JavaScriptTokenizer } from '@huggingface/tokenizers';
import { createBatchEncoder, createTokenizer, trainTokenizer } from '@marco-ts/tokenizer';

const root = process.env.MARCO_TEST_DATA;
if (!root) throw new Error('Set MARCO_TEST_DATA to the folder of the test data.');
const passes = Number(process.argv[2] ?? 5);
const trainVocabSize = 32000;

const texts = ['masakhanews', 'ud'].flatMap((folder) =>
  readdirSync(join(root, 'mono', folder))
    .filter((file) => file.endsWith('.jsonl'))
    .flatMap((file) =>
      readFileSync(join(root, 'mono', folder, file), 'utf8')
        .trimEnd()
        .split('\n'),
    )
    .map((line) => JSON.parse(line).text),
);
const numBytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
const read = (name) => readFileSync(join(root, 'tokenizer/qwen2', name), 'utf8');
const tokenizer = createTokenizer({
  vocabJson: read('vocab.json'),
  mergesText: read('merges.txt'),
  tokenizerConfig: read('tokenizer_config.json'),
});

const ours = {
  encode: () => texts.reduce((sum, text) => sum + tokenizer.encode(text).length, 0),
  offsets: () => texts.reduce((sum, text) => sum + tokenizer.encodeWithOffsets(text).ids.length, 0),
  train: () => trainTokenizer(texts, { vocabSize: trainVocabSize }).vocabSize,
};
const timed = (work) => {
  const started = performance.now();
  const count = work();
  return { seconds: (performance.now() - started) / 1000, count };
};

const folder = mkdtempSync(join(tmpdir(), 'tokenizer-bench-'));
const rust = await startPeer();
const javascript = new JavaScriptTokenizer(
  JSON.parse(tokenizer.files()['tokenizer.json']),
  JSON.parse(tokenizer.files()['tokenizer_config.json']),
);
const encodeByJavascript = () => texts.reduce((sum, text) => sum + javascript.encode(text).ids.length, 0);

const rows = [];
/** Runs ours and the peers in turn, pass by pass. */
async function compare(name, numPasses, contestants) {
  const samples = new Map(contestants.map(([who]) => [who, []]));
  for (let pass = 0; pass < numPasses; pass++) {
    for (const [who, work] of contestants) samples.get(who).push(await work());
  }
  const rate = (runs) => numBytes / 1e6 / runs.map((run) => run.seconds).sort((x, y) => x - y)[runs.length >> 1];
  const mine = samples.get('ours');
  const row = {
    case: name,
    'ours MB/s': rate(mine).toFixed(2),
    'ours, first pass': (numBytes / 1e6 / mine[0].seconds).toFixed(2),
  };
  for (const [who, runs] of samples) {
    if (who === 'ours') continue;
    if (name !== 'train' && runs[0].count !== mine[0].count) {
      console.warn(`${who} counts ${runs[0].count} tokens in '${name}', ours ${mine[0].count}`);
    }
    row[`${who} MB/s`] = rate(runs).toFixed(2);
    row[`times ${who}`] = (rate(mine) / rate(runs)).toFixed(1);
  }
  rows.push(row);
}
const ask = (command) => (rust ? [['tokenizers-rust', () => rust.ask(command)]] : []);

await compare('encode', passes, [
  ['ours', () => timed(ours.encode)],
  ...ask('encode'),
  ['tokenizers-js', () => timed(encodeByJavascript)],
]);
await compare('encode with offsets', passes, [['ours', () => timed(ours.offsets)], ...ask('encode')]);
await compare('train', Math.min(3, passes), [['ours', () => timed(ours.train)], ...ask(`train ${trainVocabSize}`)]);
for (const numWorkers of [1, 2]) {
  const batch = await createBatchEncoder(tokenizer, { numWorkers });
  await compare(`encode, ${numWorkers} workers`, passes, [
    [
      'ours',
      async () => {
        const started = performance.now();
        const ids = await batch.encode(texts);
        return {
          seconds: (performance.now() - started) / 1000,
          count: ids.reduce((sum, item) => sum + item.length, 0),
        };
      },
    ],
  ]);
  await batch.close();
}
rust?.stop();
rmSync(folder, { recursive: true });
console.log(
  `${texts.length} texts, ${(numBytes / 1e6).toFixed(2)} MB, node ${process.version}, ${availableParallelism()} cores of ${cpus()[0]?.model}`,
);
console.log(`peers: ${rust?.version ?? 'tokenizers (Rust) absent: set PYTHON'}, @huggingface/tokenizers (JavaScript)`);
console.table(rows);

async function startPeer() {
  const python = process.env.PYTHON;
  if (!python) return null;
  writeFileSync(join(folder, 'tokenizer.json'), tokenizer.files()['tokenizer.json']);
  writeFileSync(join(folder, 'task.json'), JSON.stringify({ tokenizer: join(folder, 'tokenizer.json'), texts }));
  const script = join(import.meta.dirname, '../../../tools/peers/tokenizers_bench.py');
  const child = spawn(python, [script, join(folder, 'task.json')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse((await lines.next()).value);
  const { version } = await next();
  return {
    version: `tokenizers ${version}`,
    ask: (command) => {
      child.stdin.write(`${command}\n`);
      return next();
    },
    stop: () => child.stdin.end(),
  };
}
