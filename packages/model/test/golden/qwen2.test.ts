/**
 * Two tiny models beside transformers: logits, left padding, packed documents, loss, gradients, generation, and exports that it has opened.
 * The fixtures come from tools/goldens/qwen2.py and tools/verify_export.py.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256File } from '@marco-ts/checkpoint';
import { disposeParams, IGNORE_INDEX, initBackend, type ParamMap, tf, valueAndGrad } from '@marco-ts/core';
import {
  batchInputs,
  type CausalBatch,
  causalLanguageModelLoss,
  generate,
  parseQwen2Config,
  type Qwen2Config,
  qwen2Logits,
} from '@marco-ts/model';
import { loadQwen2, saveQwen2 } from '@marco-ts/model/files';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { relativeDifference } from './closeness.ts';
import { formulaParams } from './formula-weights.ts';
import golden from './qwen2.json' with { type: 'json' };
import verifiedTied from './verified-export-tied.json' with { type: 'json' };
import verifiedUntied from './verified-export-untied.json' with { type: 'json' };

const TOLERANCE = 2e-5;
const VERIFIED = { tied: verifiedTied, untied: verifiedUntied };

const range = (length: number) => Array.from({ length }, (_, i) => i);

/** Rows of one document each; `padding` tokens at the left of a row are padding. */
function batchOf(rows: number[][], padding: number[] = [], labels: number[][] = rows): CausalBatch {
  const L = rows[0]!.length;
  const pads = rows.map((_, i) => padding[i] ?? 0);
  return {
    batchSize: rows.length,
    sequenceLength: L,
    inputIds: Int32Array.from(rows.flat()),
    labels: Int32Array.from(labels.flat()),
    positionIds: Int32Array.from(pads.flatMap((pad) => range(L).map((i) => Math.max(0, i - pad)))),
    segmentIds: Int32Array.from(pads.flatMap((pad) => range(L).map((i) => (i < pad ? -1 : 0)))),
  };
}

async function logitsOf(params: ParamMap, config: Qwen2Config, batch: CausalBatch): Promise<Float32Array> {
  const inputs = batchInputs(batch);
  const logits = qwen2Logits(params, config, inputs);
  const values = (await logits.data()).slice() as Float32Array;
  tf.dispose([logits, ...Object.values(inputs)]);
  return values;
}

const CASES = (['cpu', 'wasm'] as const).flatMap((backend) =>
  (['tied', 'untied'] as const).map((name) => ({ backend, name })),
);

describe.each(CASES)('$name embeddings on $backend', ({ backend, name }) => {
  const expected = golden.models[name];
  const config = parseQwen2Config({ model_type: 'qwen2', ...expected.config });
  let params: ParamMap;
  let numTensors = 0;
  beforeAll(async () => {
    await initBackend({ prefer: [backend] });
    params = formulaParams(config);
    numTensors = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(numTensors);
    disposeParams(params);
  });

  test('logits', async () => {
    const logits = await logitsOf(params, config, batchOf(expected.plain.input_ids));
    expect(relativeDifference(logits, expected.plain.logits)).toBeLessThan(TOLERANCE);
  });

  test('left padding changes nothing for the tokens after it', async () => {
    const { input_ids, logitsRow0, logitsRow1From4 } = expected.leftPadded;
    const logits = await logitsOf(params, config, batchOf(input_ids, [0, 4]));
    const V = config.vocabSize;
    expect(relativeDifference(logits.subarray(0, 10 * V), logitsRow0)).toBeLessThan(TOLERANCE);
    expect(relativeDifference(logits.subarray(14 * V), logitsRow1From4)).toBeLessThan(TOLERANCE);
  });

  test('packed documents are as each one alone', async () => {
    const { input_ids, lengths, logits } = expected.packed;
    const batch = {
      ...batchOf([input_ids]),
      positionIds: Int32Array.from(lengths.flatMap(range)),
      segmentIds: Int32Array.from(lengths.flatMap((length, document) => range(length).map(() => document))),
    };
    expect(relativeDifference(await logitsOf(params, config, batch), logits)).toBeLessThan(TOLERANCE);
  });

  test.each([false, true])('loss and gradients, recompute %s', async (recompute) => {
    const { input_ids, labels, mean, numPredicted, gradients } = expected.loss;
    const lossFn = causalLanguageModelLoss(config, { recompute });
    const batch = batchOf(input_ids, [], labels);
    let weight = 0;
    const { loss, aux, grads } = valueAndGrad(params, (p) => {
      const output = lossFn(p, batch);
      weight = output.weight;
      return { loss: output.loss, aux: { nll: output.tokenNll_BL! } };
    });
    expect(weight).toBe(numPredicted);
    expect((await loss.data())[0]! / weight).toBeCloseTo(mean, 5);
    const nll = (await aux.nll.data()) as Float32Array;
    expect(nll.reduce((sum, value) => sum + value, 0) / weight).toBeCloseTo(mean, 5);
    expect([...nll].filter((value) => value !== 0)).toHaveLength(numPredicted);
    expect([...grads.keys()].sort()).toEqual(Object.keys(gradients).sort());
    for (const [key, { l2, at, values }] of Object.entries(gradients)) {
      const flat = await grads.get(key)!.data();
      const norm = Math.hypot(...flat) / weight;
      expect(Math.abs(norm - l2) / l2, key).toBeLessThan(1e-4);
      const worst = Math.max(...at.map((index, i) => Math.abs(flat[index]! / weight - values[i]!)));
      expect(worst / l2, key).toBeLessThan(1e-5);
    }
    tf.dispose([loss, aux.nll, ...grads.values()]);
  });

  test('greedy generation, with and without repetition penalty, in one batch of unlike prompts', async () => {
    const prompts = expected.generation.prompts.map((prompt) => Int32Array.from(prompt));
    const options = { params, config, prompts, maxNewTokens: 16, eosTokenIds: [] };
    const greedy = await generate(options);
    expect(greedy.map((tokens) => [...tokens])).toEqual(expected.generation.greedy);
    const penalised = await generate({ ...options, repetitionPenalty: 1.3 });
    expect(penalised.map((tokens) => [...tokens])).toEqual(expected.generation.penalised);
  });

  describe('export', () => {
    let root = '';
    beforeAll(async () => {
      root = await mkdtemp(join(tmpdir(), 'marco-export-'));
      await saveQwen2(join(root, 'model'), { config, params });
    });
    afterAll(() => rm(root, { recursive: true, force: true }));

    test('the bytes are those that transformers has opened, and the logits those that it gave', async () => {
      const verified = VERIFIED[name];
      for (const [file, sha256] of Object.entries(verified.files))
        expect(await sha256File(join(root, 'model', file))).toBe(sha256);
      const loaded = await loadQwen2(join(root, 'model'));
      expect(loaded.config).toEqual(config);
      const logits = await logitsOf(loaded.params, config, batchOf([verified.prompt]));
      expect(relativeDifference(logits.subarray(4 * config.vocabSize), verified.logits)).toBeLessThan(TOLERANCE);
      disposeParams(loaded.params);
    });

    test.skipIf(!process.env.MARCO_PYTHON)(
      'transformers opens it now (MARCO_PYTHON names a Python that has it)',
      () => {
        const script = join(import.meta.dirname, '../../../../tools/verify_export.py');
        const output = execFileSync(process.env.MARCO_PYTHON!, [script, join(root, 'model')], { encoding: 'utf8' });
        const { logits, files, numParams } = JSON.parse(output);
        expect(files).toEqual(VERIFIED[name].files);
        expect(numParams).toBe(VERIFIED[name].numParams);
        expect(relativeDifference(logits, VERIFIED[name].logits)).toBeLessThan(TOLERANCE);
      },
      120_000,
    );
  });
});

test('IGNORE_INDEX is the one of PyTorch', () => {
  expect(IGNORE_INDEX).toBe(-100);
});
