/**
 * Generation with a key/value cache: prompts and tokens per second beside transformers on torch, llama.cpp, and the most that memory allows.
 *
 * Every token reads every weight once for all rows of the batch: tokens/s cannot pass batch size · bandwidth / bytes of weights. That
 * limit is measured in the same turns, by reading a GiB with our kernels (`memory`) and with torch (`memory-torch`). It is shown only for
 * the model whose weights do not fit the processor's caches. llama.cpp (npm's node-llama-cpp) takes part in F32 and F16 with the same weights, where
 * MARCO_TEST_LLAMA_CPP names the directory in which it is installed.
 * Units: tokens/s; seconds from a directory to the first token, measured once.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportGguf } from '@marco-ts/checkpoint';
import { estimate, QWEN2_SIZES, type Qwen2Config } from '@marco-ts/model';
import { benchError } from '../bench-error.ts';
import { createField } from '../contestants/field.ts';
import type { ContestantProcess } from '../contestants/start-process.ts';
import { AVX2_VARIABLES, startNodeProgram, startPythonPeer, threadVariables } from '../contestants/start-program.ts';
import { alternate, type Contestant } from '../measure/alternate.ts';
import { compareCase } from '../measure/compare-case.ts';
import type { GenerateRequest, TokenRequest } from '../programs/generate-request.ts';
import { writeRandomModel } from '../programs/write-random-model.ts';
import type { BenchCase, BenchSuite, SuiteContext } from '../suite.ts';
import { TRAIN_STEP_SHAPES } from '../train-step-shapes.ts';

const OURS = 'marco-wasm';
const PEER = 'transformers';
const GGUF_TYPES = ['F32', 'F16'] as const;
const GIB = 2 ** 30;

interface GeneratedModel {
  readonly name: string;
  readonly config: Qwen2Config;
  readonly rounds: number;
  readonly isLargerThanCaches: boolean;
  readonly prefill: readonly [batchSize: number, promptLength: number][];
  readonly decode: readonly [batchSize: number, promptLength: number, numTokens: number][];
}

const MODELS: readonly GeneratedModel[] = [
  {
    name: '6.8M',
    config: TRAIN_STEP_SHAPES[0]!.config,
    rounds: 5,
    isLargerThanCaches: false,
    prefill: [[1, 256]],
    decode: [
      [1, 128, 48],
      [8, 128, 48],
    ],
  },
  {
    name: '0.5B',
    config: QWEN2_SIZES['0.5B'],
    rounds: 3,
    isLargerThanCaches: true,
    prefill: [[1, 256]],
    decode: [
      [1, 32, 8],
      [4, 32, 6],
      [8, 32, 6],
    ],
  },
];

export const generate: BenchSuite = {
  name: 'generate',
  summary: 'prefill, decode and load to first token: transformers, llama.cpp, memory bandwidth',
  async *run(context) {
    for (const model of MODELS) {
      if (casesOf(model).some(({ name }) => name.includes(context.only))) yield* measureModel(context, model);
    }
  },
};

interface Case {
  readonly name: string;
  readonly request: Exclude<TokenRequest, { task: 'greedy' }>;
}

const loadCase = (model: GeneratedModel) => `${model.name} load to first token`;

function casesOf(model: GeneratedModel): Case[] {
  const prefill = model.prefill.map(([batchSize, promptLength]) => ({
    name: `${model.name} prefill ${batchSize}x${promptLength}`,
    request: { task: 'prefill' as const, batchSize, promptLength },
  }));
  const decode = model.decode.map(([batchSize, promptLength, numTokens]) => ({
    name: `${model.name} decode batch ${batchSize}`,
    request: { task: 'decode' as const, batchSize, promptLength, numTokens },
  }));
  return [...prefill, ...decode];
}

async function* measureModel(context: SuiteContext, model: GeneratedModel): AsyncGenerator<BenchCase> {
  const { threads } = context;
  const root = await mkdtemp(join(tmpdir(), 'marco-bench-generate-'));
  try {
    const directory = join(root, 'model');
    await writeRandomModel(directory, model.config);
    await using field = createField(context);
    const options = JSON.stringify({ directory, threads });
    const ours = await field.enter(
      OURS,
      startNodeProgram('generate', [options], { name: OURS }),
      `${model.name} ${OURS}`,
    );
    if (!ours) throw benchError('generate', 'our own backend must start, see above. Build it with pnpm build.');
    const peers = new Map<string, ContestantProcess>();
    // torch's widest kernels, and those of 256 bits: WebAssembly has vectors of 128.
    for (const [name, vectors] of [
      [PEER, {}],
      [`${PEER}-avx2`, AVX2_VARIABLES],
    ] as const) {
      const env = { ...threadVariables(threads), ...vectors };
      const torch = await field.enter(
        name,
        startPythonPeer(context, name, 'generate.py', [options], env),
        `${model.name} ${name}`,
      );
      if (torch) peers.set(name, torch);
    }
    for (const type of GGUF_TYPES) {
      const name = `llama.cpp-${type.toLowerCase()}`;
      const path = join(root, `${type}.gguf`);
      if (process.env.MARCO_TEST_LLAMA_CPP) await exportGguf({ modelDirectory: directory, path, dtype: type });
      const llamaOptions = JSON.stringify({ path, threads, vocabSize: model.config.vocabSize });
      const llama = await field.enter(
        name,
        startNodeProgram('llama-cpp', [llamaOptions], { name }),
        `${model.name} ${name}`,
      );
      if (llama) peers.set(name, llama);
    }
    for (const [name, peer] of peers) context.note(await compareTokens(model, ours, name, peer));
    yield compareCase({
      case: loadCase(model),
      unit: 's',
      better: 'lower',
      ours: [ours.facts.firstTokenSeconds as number],
      peers: [...peers].map(([name, { facts }]) => [name, [facts.firstTokenSeconds as number]]),
    });
    for (const { name, request } of casesOf(model)) {
      if (name.includes(context.only)) yield await measureCase(context, model, name, request, ours, peers);
    }
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function measureCase(
  context: SuiteContext,
  model: GeneratedModel,
  name: string,
  request: Case['request'],
  ours: ContestantProcess,
  peers: ReadonlyMap<string, ContestantProcess>,
): Promise<BenchCase> {
  const numTokens = request.batchSize * (request.task === 'prefill' ? request.promptLength : 1);
  const seconds = async ({ ask }: ContestantProcess, asked: GenerateRequest) =>
    (await ask<{ seconds: number }>(asked)).seconds;
  const entries: Contestant[] = [[OURS, ours] as const, ...peers].map(([contestant, asked]) => ({
    name: contestant,
    measure: async () => numTokens / (await seconds(asked, request)),
  }));
  if (request.task === 'decode' && model.isLargerThanCaches) {
    const gibibytes = estimate(model.config).weightBytes / GIB;
    const limit = async (reader: ContestantProcess) =>
      numTokens / (gibibytes * (await seconds(reader, { task: 'read' })));
    entries.push({ name: 'memory', measure: () => limit(ours) });
    const torch = peers.get(PEER);
    if (torch) entries.push({ name: 'memory-torch', measure: () => limit(torch) });
  }
  const samples = await alternate(entries, context.rounds ?? model.rounds);
  return compareCase({
    case: name,
    unit: 'tokens/s',
    better: 'higher',
    ours: samples.get(OURS)!,
    peers: [...samples].filter(([contestant]) => contestant !== OURS),
  });
}

/** Both choose the same tokens, or the speeds do not belong side by side. */
async function compareTokens(
  model: GeneratedModel,
  ours: ContestantProcess,
  name: string,
  peer: ContestantProcess,
): Promise<string> {
  const request: GenerateRequest = { task: 'greedy', promptLength: 32, numTokens: 12 };
  const [own, theirs] = await Promise.all([ours, peer].map(({ ask }) => ask<{ tokens: number[] }>(request)));
  const differs = own!.tokens.findIndex((token, i) => token !== theirs!.tokens[i]);
  return differs < 0
    ? `${model.name}: ${own!.tokens.length} greedy tokens are the same as those of ${name}`
    : `${model.name}: greedy tokens differ from those of ${name} from token ${differs} on`;
}
