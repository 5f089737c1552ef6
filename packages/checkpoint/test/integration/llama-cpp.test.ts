/**
 * llama.cpp itself as the judge, through npm's node-llama-cpp and its prebuilt binaries: it loads what `exportGguf` writes, splits text into the ids of
 * Hugging Face tokenizers and continues greedily with the tokens of transformers (test/golden/gguf/expected.json).
 *
 * Large, and so no dependency of this repository: `npm install node-llama-cpp@3.22.1 --ignore-scripts` in a directory of its own, and
 * MARCO_TEST_LLAMA_CPP=<that directory>. Without it the tests say that they are skipped.
 */
import { readFileSync } from 'node:fs';
import { chmod, copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { zstdDecompressSync } from 'node:zlib';
import { exportGguf } from '@marco-ts/checkpoint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeTinyQwen2 } from '../golden/gguf/write-tiny-qwen2.ts';

interface LlamaModel {
  readonly trainContextSize: number;
  tokenize(text: string, specialTokens: boolean): number[];
  createContext(options: object): Promise<{
    getSequence(): { evaluate(tokens: readonly number[], options: object): AsyncIterable<number> };
  }>;
  dispose(): Promise<void>;
}
interface Llama {
  loadModel(options: { modelPath: string }): Promise<LlamaModel>;
  dispose(): Promise<void>;
}

const installed = process.env.MARCO_TEST_LLAMA_CPP;
const { tiny } = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/gguf/expected.json'), 'utf8')) as {
  tiny: { texts: { text: string; ids: number[] }[]; prompt: number[]; greedy: number[] };
};

describe.skipIf(!installed)('llama.cpp', () => {
  let root = '';
  let llama: Llama;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'marco-llama-cpp-'));
    await writeTinyQwen2(join(root, 'tied'));
    await writeTinyQwen2(join(root, 'untied'), {
      config: { tie_word_embeddings: false },
      change: (arrays) => arrays.set('lm_head.weight', arrays.get('model.embed_tokens.weight')!),
    });
    const entry = createRequire(join(installed!, 'package.json')).resolve('node-llama-cpp');
    const { getLlama } = await import(/* @vite-ignore */ pathToFileURL(entry).href);
    llama = await getLlama({ build: 'never', skipDownload: true, gpu: false, logLevel: 'error' });
  });
  afterAll(async () => {
    await llama?.dispose();
    await rm(root, { recursive: true, force: true });
  });

  test.each([
    ['F32', 'tied'],
    ['F32', 'untied'],
    ['F16', 'tied'],
    ['BF16', 'tied'],
    ['Q8_0', 'tied'],
  ] as const)('loads %s, %s', async (dtype, head) => {
    const path = join(root, `${dtype}-${head}.gguf`);
    await exportGguf({ modelDirectory: join(root, head), path, dtype });
    const model = await llama.loadModel({ modelPath: path });
    expect(model.trainContextSize).toBe(512);
    for (const { text, ids } of tiny.texts) expect(model.tokenize(text, true)).toEqual(ids);
    const context = await model.createContext({ contextSize: 128, threads: 1, flashAttention: false });
    const tokens: number[] = [];
    for await (const token of context.getSequence().evaluate(tiny.prompt, { temperature: 0, yieldEogToken: true })) {
      tokens.push(token);
      if (tokens.length === tiny.greedy.length) break;
    }
    // llama.cpp rounds activations too where the weights are BF16 or Q8_0, by other kernels on other processors: there the beginning must agree.
    const count = dtype === 'F32' || dtype === 'F16' ? tiny.greedy.length : 4;
    expect(tokens.slice(0, count)).toEqual(tiny.greedy.slice(0, count));
    await model.dispose();
  });

  const data = process.env.MARCO_TEST_DATA;
  test.skipIf(!data)("Qwen2's real vocabulary splits llama.cpp's own test texts as llama.cpp expects", async () => {
    const directory = join(root, 'full');
    await cp(join(data!, 'golden/tiny_qwen2/c_fullvocab_bf16'), directory, { recursive: true });
    await chmod(directory, 0o755);
    const tokenizer = join(data!, 'tokenizer');
    const vocabulary = zstdDecompressSync(await readFile(join(tokenizer, 'qwen2/tokenizer.json.zst')));
    await writeFile(join(directory, 'tokenizer.json'), vocabulary);
    await copyFile(join(tokenizer, 'qwen2/tokenizer_config.json'), join(directory, 'tokenizer_config.json'));
    await exportGguf({ modelDirectory: directory, path: join(root, 'full.gguf'), dtype: 'BF16' });
    const model = await llama.loadModel({ modelPath: join(root, 'full.gguf') });
    const vectors = join(tokenizer, 'llamacpp_vectors/ggml-vocab-qwen2.gguf');
    const texts = (await readFile(`${vectors}.inp`, 'utf8')).split('\n__ggml_vocab_test__\n');
    const lines = (await readFile(`${vectors}.out`, 'utf8')).split('\n');
    expect(texts.length).toBeGreaterThan(20);
    for (const [i, text] of texts.entries()) {
      const ids = lines[i]!.trim();
      expect(model.tokenize(text, false)).toEqual(ids === '' ? [] : ids.split(/\s+/).map(Number));
    }
    await model.dispose();
  });
});
