/**
 * Weights written and read as safetensors and GGUF, beside a plain copy and a plain read of the same file.
 *
 * `copy` copies the file by the operating system's call and puts it on the disk, as our writers do; `plain-read` reads its bytes into new memory;
 * `read-and-fill` also fills new memory for the float32 values, which is the least that a reader of narrower types must do.
 * `read into` reads every tensor into the same memory, beside such a plain read and `cache-copy`, a copy that stays in the page cache.
 * All files were just written, so that reads come from the page cache.
 * Units: MB of the file per second.
 */
import { copyFile, mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openGguf, openSafetensors, writeGguf, writeSafetensors } from '@marco-ts/checkpoint';
import { alternate } from '../measure/alternate.ts';
import { compareCase } from '../measure/compare-case.ts';
import { createEvenValues } from '../programs/random-weights.ts';
import type { BenchCase, BenchSuite, SuiteContext } from '../suite.ts';

const DEFAULT_ROUNDS = 5;
const SHAPE = [4096, 4096] as const;
const NUM_TENSORS = 6;
const READ_BYTES = 1 << 26;

const FORMATS = [
  { name: 'safetensors F32', write: safetensorsWriter('F32'), open: openSafetensors },
  { name: 'safetensors F16', write: safetensorsWriter('F16'), open: openSafetensors },
  { name: 'safetensors BF16', write: safetensorsWriter('BF16'), open: openSafetensors },
  { name: 'GGUF F32', write: ggufWriter('F32'), open: openGguf },
  { name: 'GGUF F16', write: ggufWriter('F16'), open: openGguf },
  { name: 'GGUF BF16', write: ggufWriter('BF16'), open: openGguf },
  { name: 'GGUF Q8_0', write: ggufWriter('Q8_0'), open: openGguf },
] as const;

const VERBS = ['write', 'read', 'read into'] as const;

type Weights = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

export const checkpoint: BenchSuite = {
  name: 'checkpoint',
  summary: 'safetensors and GGUF written and read: a plain copy and a plain read of the same file',
  async *run(context) {
    const cases = FORMATS.flatMap((format) => VERBS.map((verb) => ({ format, verb })));
    const chosen = cases.filter(({ format, verb }) => `${format.name}, ${verb}`.includes(context.only));
    if (chosen.length === 0) return;
    context.note(
      `${NUM_TENSORS} matrices of ${SHAPE.join('x')}, page cache warm; writes and copies end with a flush to the disk`,
    );
    const folder = await mkdtemp(join(tmpdir(), 'bench-checkpoint-'));
    try {
      const weights = makeWeights();
      for (const { format, verb } of chosen) {
        const path = join(folder, 'weights');
        await format.write(path, weights);
        const megabytes = (await stat(path)).size / 1e6;
        const name = `${format.name}, ${verb}`;
        const rounds = context.rounds ?? DEFAULT_ROUNDS;
        yield await compare(name, megabytes, rounds, contestants(verb, format, weights, folder, path));
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function contestants(
  verb: (typeof VERBS)[number],
  format: (typeof FORMATS)[number],
  weights: Weights,
  folder: string,
  path: string,
): Readonly<Record<string, () => Promise<void>>> {
  const copy = join(folder, 'copy');
  if (verb === 'write') {
    return { ours: () => format.write(join(folder, 'ours'), weights), copy: () => copyAndFlush(path, copy) };
  }
  if (verb === 'read into') {
    const into = new Float32Array(SHAPE[0] * SHAPE[1]);
    const bytes = new Uint8Array(READ_BYTES);
    return {
      ours: () => readAll(format.open, path, into),
      'cache-copy': async () => {
        await rm(copy, { force: true });
        await copyFile(path, copy);
      },
      'plain-read-into': () => readPlainly(path, bytes),
    };
  }
  return {
    ours: () => readAll(format.open, path),
    'plain-read': () => readPlainly(path),
    ...(!format.name.endsWith('F32') && {
      'read-and-fill': async () => {
        await readPlainly(path);
        for (let i = 0; i < NUM_TENSORS; i++) new Float32Array(SHAPE[0] * SHAPE[1]).fill(1);
      },
    }),
  };
}

async function compare(
  name: string,
  megabytes: number,
  rounds: NonNullable<SuiteContext['rounds']>,
  works: Readonly<Record<string, () => Promise<void>>>,
): Promise<BenchCase> {
  const samples = await alternate(
    Object.entries(works).map(([contestant, work]) => ({
      name: contestant,
      measure: async () => {
        const start = performance.now();
        await work();
        return megabytes / ((performance.now() - start) / 1000);
      },
    })),
    rounds,
  );
  const { ours, ...peers } = Object.fromEntries(samples);
  return compareCase({ case: name, unit: 'MB/s', better: 'higher', ours: ours!, peers: Object.entries(peers) });
}

function makeWeights(): Weights {
  const even = createEvenValues();
  return new Map(
    Array.from({ length: NUM_TENSORS }, (_, index) => [
      `layer.${index}.weight`,
      { shape: SHAPE, data: even(SHAPE[0] * SHAPE[1]) },
    ]),
  );
}

function safetensorsWriter(dtype: 'F32' | 'F16' | 'BF16') {
  return (path: string, weights: Weights) => writeSafetensors(path, weights, { dtype });
}

function ggufWriter(type: 'F32' | 'F16' | 'BF16' | 'Q8_0') {
  return (path: string, weights: Weights) => {
    const tensors = [...weights].map(([name, { shape, data }]) => ({ name, shape, data, type }));
    return writeGguf(path, { metadata: new Map(), tensors });
  };
}

interface OpenFile {
  readonly tensors: ReadonlyMap<string, unknown>;
  readArray(name: string, into?: Float32Array): Promise<unknown>;
  close(): Promise<void>;
}

async function readAll(
  openFile: (path: string) => Promise<OpenFile>,
  path: string,
  into?: Float32Array,
): Promise<void> {
  const file = await openFile(path);
  for (const name of file.tensors.keys()) await file.readArray(name, into);
  await file.close();
}

async function readPlainly(path: string, into?: Uint8Array): Promise<void> {
  const file = await open(path, 'r');
  const { size } = await file.stat();
  for (let position = 0; position < size; position += READ_BYTES) {
    const length = Math.min(READ_BYTES, size - position);
    await file.read(into ?? new Uint8Array(length), 0, length, position);
  }
  await file.close();
}

async function copyAndFlush(from: string, to: string): Promise<void> {
  await rm(to, { force: true });
  await copyFile(from, to);
  const file = await open(to, 'r+');
  await file.sync();
  await file.close();
}
