/**
 * Small random models saved by transformers, in float32 and in bfloat16 with the real vocabulary (golden/tiny_qwen2 of MARCO_TEST_DATA).
 * Tolerance: the fixture's logits are rounded to 6 decimals; float32 sums differ in order.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256File } from '@marco-ts/checkpoint';
import { disposeParams, globalNorm, initBackend, tf, valueAndGrad } from '@marco-ts/core';
import { batchInputs, type CausalBatch, causalLanguageModelLoss, generate, qwen2Logits } from '@marco-ts/model';
import { type LoadedQwen2, loadQwen2, saveQwen2 } from '@marco-ts/model/files';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { relativeDifference } from './closeness.ts';

const root = process.env.MARCO_TEST_DATA ? join(process.env.MARCO_TEST_DATA, 'golden/tiny_qwen2') : '';

interface Golden {
  forward: {
    input_ids: number[];
    last_logits: number[];
    logits_sum: number;
    logits_sumsq: number;
    target_logprobs: number[];
    argmax: number[];
  }[];
  padded_batch: {
    input_ids: number[][];
    attention_mask: number[][];
    row0_logits_at_19_first16: number[];
    row1_logits_at_11_first16: number[];
  };
  greedy: { prompt: number[]; output: number[]; new_tokens: number };
  loss_backward: {
    input_ids: number[][];
    labels: number[][];
    loss_mean_over_unmasked: number;
    grad_l2: Record<string, number>;
    grad_first4: Record<string, number[]>;
    global_grad_norm: number;
  };
}

function batchOf(rows: number[][], mask = rows.map((row) => row.map(() => 1)), labels = rows): CausalBatch {
  return {
    batchSize: rows.length,
    sequenceLength: rows[0]!.length,
    inputIds: Int32Array.from(rows.flat()),
    labels: Int32Array.from(labels.flat()),
    positionIds: Int32Array.from(
      mask.flatMap((row) => row.map((_, i) => Math.max(0, row.slice(0, i + 1).reduce((a, b) => a + b, 0) - 1))),
    ),
    segmentIds: Int32Array.from(mask.flat(), (real) => (real ? 0 : -1)),
  };
}

function logitsOf({ params, config }: LoadedQwen2, batch: CausalBatch): Float32Array {
  return tf.tidy(() => qwen2Logits(params, config, batchInputs(batch)).dataSync().slice()) as Float32Array;
}

describe.skipIf(!root).each(['cpu', 'wasm'] as const)('float32, grouped queries, untied head, on %s', (backend) => {
  let model: LoadedQwen2;
  let golden: Golden;
  beforeAll(async () => {
    await initBackend({ prefer: [backend] });
    model = await loadQwen2(join(root, 'a_gqa_untied'));
    golden = JSON.parse(readFileSync(join(root, 'a_gqa_untied/golden.json'), 'utf8'));
  });
  afterAll(() => disposeParams(model.params));

  test('logits of sequences of several lengths', () => {
    const V = model.config.vocabSize;
    for (const { input_ids, last_logits, logits_sum, logits_sumsq, target_logprobs, argmax } of golden.forward) {
      const logits = logitsOf(model, batchOf([input_ids]));
      expect(relativeDifference(logits.subarray((input_ids.length - 1) * V), last_logits)).toBeLessThan(2e-5);
      const sum = logits.reduce((a, b) => a + b, 0);
      const squares = logits.reduce((a, b) => a + b * b, 0);
      expect(Math.abs(sum - logits_sum)).toBeLessThan(1e-2);
      expect(Math.abs(squares / logits_sumsq - 1)).toBeLessThan(1e-4);
      for (let t = 0; t < input_ids.length; t++) {
        const row = logits.subarray(t * V, (t + 1) * V);
        expect(row.indexOf(Math.max(...row))).toBe(argmax[t]);
        if (t + 1 === input_ids.length) continue;
        const peak = Math.max(...row);
        const logSum = peak + Math.log(row.reduce((a, b) => a + Math.exp(b - peak), 0));
        expect(row[input_ids[t + 1]!]! - logSum).toBeCloseTo(target_logprobs[t]!, 3);
      }
    }
  });

  test('a padded batch', () => {
    const { input_ids, attention_mask, row0_logits_at_19_first16, row1_logits_at_11_first16 } = golden.padded_batch;
    const V = model.config.vocabSize;
    const logits = logitsOf(model, batchOf(input_ids, attention_mask));
    expect(relativeDifference(logits.subarray(19 * V, 19 * V + 16), row0_logits_at_19_first16)).toBeLessThan(2e-5);
    expect(relativeDifference(logits.subarray(31 * V, 31 * V + 16), row1_logits_at_11_first16)).toBeLessThan(2e-5);
  });

  test('loss and every gradient', async () => {
    const { input_ids, labels, loss_mean_over_unmasked, grad_l2, grad_first4, global_grad_norm } = golden.loss_backward;
    const batch = batchOf(input_ids, undefined, labels);
    const lossFn = causalLanguageModelLoss(model.config);
    let weight = 0;
    const { loss, grads } = valueAndGrad(model.params, (params) => {
      const output = lossFn(params, batch);
      weight = output.weight;
      return { loss: output.loss };
    });
    expect(loss.dataSync()[0]! / weight).toBeCloseTo(loss_mean_over_unmasked, 5);
    expect((await globalNorm(grads)) / weight).toBeCloseTo(global_grad_norm, 3);
    expect(grads.size).toBe(Object.keys(grad_l2).length);
    for (const [name, norm] of Object.entries(grad_l2)) {
      const flat = grads.get(name)!.dataSync();
      expect(Math.abs(Math.hypot(...flat) / weight / norm - 1), name).toBeLessThan(1e-4);
      for (const [i, value] of grad_first4[name]!.entries())
        expect(Math.abs(flat[i]! / weight - value) / norm, name).toBeLessThan(1e-5);
    }
    tf.dispose([loss, ...grads.values()]);
  });

  test('greedy generation', async () => {
    const { prompt, output, new_tokens } = golden.greedy;
    const [answer] = await generate({
      ...model,
      prompts: [Int32Array.from(prompt)],
      maxNewTokens: new_tokens,
      eosTokenIds: [],
    });
    expect([...prompt, ...answer!]).toEqual(output);
  });
});

describe.skipIf(!root)('bfloat16, tied head, the real vocabulary', () => {
  test('loads, and saves again to the same weights', async () => {
    await initBackend({ prefer: ['cpu'] });
    const directory = await mkdtemp(join(tmpdir(), 'marco-tiny-'));
    const model = await loadQwen2(join(root, 'c_fullvocab_bf16'));
    try {
      expect(model.config).toMatchObject({
        vocabSize: 151_936,
        tieWordEmbeddings: true,
        ropeTheta: 1_000_000,
        eosTokenId: 151_645,
      });
      await saveQwen2(join(directory, 'out'), { ...model, dtype: 'BF16' });
      const again = await loadQwen2(join(directory, 'out'));
      for (const [name, tensor] of model.params)
        expect(again.params.get(name)!.dataSync(), name).toEqual(tensor.dataSync());
      await saveQwen2(join(directory, 'twice'), { ...again, dtype: 'BF16' });
      expect(await sha256File(join(directory, 'twice/model.safetensors'))).toBe(
        await sha256File(join(directory, 'out/model.safetensors')),
      );
      disposeParams(again.params);
    } finally {
      disposeParams(model.params);
      await rm(directory, { recursive: true, force: true });
    }
  });
});
