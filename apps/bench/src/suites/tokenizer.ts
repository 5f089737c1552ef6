/**
 * Encoding and training on real text beside Hugging Face tokenizers in Rust and in JavaScript.
 *
 * Units: MB/s, 10^6 UTF-8 bytes. The first pass stands for itself: ours and Rust remember words they have met, so later passes are faster.
 * The long word is 10 MB of the texts' letters, one after the other: there the ids themselves are compared.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchError } from '../bench-error.ts';
import { createField } from '../contestants/field.ts';
import type { ContestantProcess } from '../contestants/start-process.ts';
import { startNodeProgram, startPythonPeer, threadVariables } from '../contestants/start-program.ts';
import { alternate } from '../measure/alternate.ts';
import { compareCase } from '../measure/compare-case.ts';
import { medianAndSpread } from '../measure/spread.ts';
import type { TokenizerReply, TokenizerRequest } from '../programs/tokenizers.program.ts';
import type { BenchSuite } from '../suite.ts';
import { type TokenizerTexts, tokenizerTexts } from '../texts/tokenizer-texts.ts';

const DEFAULT_ROUNDS = 3;
const TRAIN_VOCAB_SIZE = 32_000;
const LONG_WORD_BYTES = 1e7;

interface Case {
  readonly name: string;
  readonly task: TokenizerRequest['task'];
  readonly peers: readonly string[];
  readonly rounds?: number;
}

const RUST_BATCH = 'tokenizers-rust, batch';
/** Who encodes a batch with all threads and who with one, to say how the threads add up. */
const BATCH_PAIRS = [
  { together: 'ours', alone: 'ours' },
  { together: RUST_BATCH, alone: 'tokenizers-rust' },
] as const;
const aloneEntry = (together: string) => `${together}, one thread`;
const CASES: readonly Case[] = [
  { name: 'encode, first pass', task: 'encode', peers: ['tokenizers-rust', 'tokenizers-js'], rounds: 1 },
  { name: 'encode', task: 'encode', peers: ['tokenizers-rust', 'tokenizers-js'] },
  { name: 'encode with offsets', task: 'offsets', peers: ['tokenizers-rust'] },
  { name: `train ${TRAIN_VOCAB_SIZE}`, task: 'train', peers: ['tokenizers-rust'] },
  { name: 'encode a batch', task: 'batch', peers: [RUST_BATCH], rounds: 9 },
  { name: 'encode a word of 10 MB', task: 'long', peers: ['tokenizers-rust'] },
];

export const tokenizer: BenchSuite = {
  name: 'tokenizer',
  summary: 'encoding and training: tokenizers in Rust and in JavaScript',
  async *run(context) {
    const { threads } = context;
    const source = await tokenizerTexts(context.testData, TRAIN_VOCAB_SIZE);
    const numBytes = source.texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    context.note(`${source.texts.length} texts, ${(numBytes / 1e6).toFixed(2)} MB: ${source.description}`);
    context.note(`one thread each; 'encode a batch': ${threads}`);
    const folder = await writeTexts(source);
    try {
      await using field = createField(context);
      const node = (name: string) => startNodeProgram('tokenizers', [name, folder], { name });
      const rust = (name: string, numThreads: number) =>
        startPythonPeer(context, name, 'tokenizers_bench.py', [folder], threadVariables(numThreads));
      if (!(await field.enter('ours', node('ours')))) throw benchError('tokenizer', 'our own tokenizer must start.');
      await field.enter('tokenizers-rust', rust('tokenizers-rust', 1));
      await field.enter('tokenizers-rust', rust(RUST_BATCH, threads), RUST_BATCH);
      await field.enter('tokenizers-js', node('tokenizers-js'));
      for (const { name, task, peers, rounds } of CASES.filter((testCase) => testCase.name.includes(context.only))) {
        const counts = new Map<string, number>();
        const checksums = new Map<string, number>();
        const request: TokenizerRequest = { task, vocabSize: TRAIN_VOCAB_SIZE, threads };
        const entries = [...field.present]
          .filter(([entry]) => entry === 'ours' || peers.includes(entry))
          .map(([entry, contestant]) => ({ entry, contestant, request }));
        const pairs = task === 'batch' ? BATCH_PAIRS.filter(({ together }) => field.present.has(together)) : [];
        for (const { together, alone } of pairs) {
          const contestant = field.present.get(alone);
          if (contestant)
            entries.push({ entry: aloneEntry(together), contestant, request: { ...request, threads: 1 } });
        }
        const samples = await alternate(
          entries.map(({ entry, contestant, request: asked }) => ({
            name: entry,
            measure: async () => {
              const { seconds, count, checksum } = await ask(contestant, asked);
              counts.set(entry, count);
              if (checksum !== undefined) checksums.set(entry, checksum);
              return (task === 'long' ? LONG_WORD_BYTES : numBytes) / 1e6 / seconds;
            },
          })),
          rounds ?? context.rounds ?? DEFAULT_ROUNDS,
        );
        for (const [entry, count] of counts) {
          if (task !== 'train' && count !== counts.get('ours'))
            context.note(`${entry} counts ${count} tokens in '${name}', ours ${counts.get('ours')}`);
        }
        if (checksums.size > 1)
          context.note(
            `${name}: ids ${new Set(checksums.values()).size === 1 ? 'are identical' : 'DIFFER'}, ${counts.get('ours')} of them`,
          );
        for (const { together, alone } of pairs) {
          const one = samples.get(aloneEntry(together));
          if (!one) continue;
          samples.delete(aloneEntry(together));
          const times = medianAndSpread(samples.get(together)!).median / medianAndSpread(one).median;
          context.note(`${name}: ${threads} threads of ${alone} are ${times.toFixed(2)} times its one`);
        }
        const { ours, ...others } = Object.fromEntries(samples);
        const named = Object.entries(others).map(([entry, values]) => [entry.split(',')[0]!, values] as const);
        yield compareCase({ case: name, unit: 'MB/s', better: 'higher', ours: ours!, peers: named });
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function ask(contestant: ContestantProcess, request: TokenizerRequest): Promise<TokenizerReply> {
  return contestant.ask(request);
}

async function writeTexts({ tokenizer: source, texts }: TokenizerTexts): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-tokenizer-'));
  const files = { ...source.files(), 'texts.json': JSON.stringify(texts), 'long.txt': longWord(texts) };
  for (const [name, contents] of Object.entries(files)) {
    await writeFile(join(folder, name), contents);
  }
  return folder;
}

/** All letters of the texts, from the first again until there are enough, with an ASCII letter for each byte that is left at the end. */
function longWord(texts: readonly string[]): Buffer {
  const letters = Buffer.from(texts.join('').replaceAll(/\P{L}/gu, ''));
  const word = Buffer.alloc(LONG_WORD_BYTES, letters);
  let end = word.length;
  while ((word[end - 1]! & 0xc0) === 0x80) end--;
  return word.fill('a', end - 1);
}
