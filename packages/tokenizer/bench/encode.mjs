/**
 * Encoding and training speed on real text beside Hugging Face tokenizers (Rust), one thread each, alternating in one run.
 *
 * Text: the news and treebank documents of MARCO_TEST_DATA/mono with Qwen2's real tokenizer. Medians of the passes; MB are 10^6 UTF-8
 * bytes. The peer needs PYTHON, a Python with the package `tokenizers`; without it only our own numbers are printed.
 *
 * Usage: MARCO_TEST_DATA=... PYTHON=... node --conditions=@marco-ts/source packages/tokenizer/bench/encode.mjs [passes]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createTokenizer, trainTokenizer } from '@marco-ts/tokenizer';

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
const peer = await startPeer();
const rows = [];
for (const [name, command] of [
  ['encode', 'encode'],
  ['offsets', 'encode'],
  ['train', `train ${trainVocabSize}`],
]) {
  const mine = [];
  const theirs = [];
  for (let pass = 0; pass < (name === 'train' ? Math.min(3, passes) : passes); pass++) {
    mine.push(timed(ours[name]));
    if (peer) theirs.push(await peer.ask(command));
  }
  if (peer && name !== 'train' && mine[0].count !== theirs[0].count) {
    throw new Error(`Token counts differ: ours ${mine[0].count}, theirs ${theirs[0].count}.`);
  }
  const rate = (samples) => numBytes / 1e6 / samples.map((s) => s.seconds).sort((a, b) => a - b)[samples.length >> 1];
  rows.push({
    case: name,
    'ours MB/s': rate(mine).toFixed(2),
    'ours first MB/s': (numBytes / 1e6 / mine[0].seconds).toFixed(2),
    'tokenizers-rust MB/s': theirs.length ? rate(theirs).toFixed(2) : 'absent',
    ratio: theirs.length ? (rate(mine) / rate(theirs)).toFixed(1) : 'absent',
  });
}
peer?.stop();
rmSync(folder, { recursive: true });
console.log(
  `${texts.length} texts, ${(numBytes / 1e6).toFixed(2)} MB, node ${process.version}, ${cpus()[0]?.model}, peer ${peer?.version ?? 'absent'}`,
);
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
