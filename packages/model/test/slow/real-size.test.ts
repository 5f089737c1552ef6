/**
 * A model of the size of Qwen2-0.5B, written with random weights, loaded in float32 and run, beside transformers. Takes 3 GB of memory and
 * 1 GB of disk. The fixture comes from tools/goldens/qwen2_real_size.py.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countParams, initBackend, tf } from '@marco-ts/core';
import { batchInputs, generate, qwen2Logits } from '@marco-ts/model';
import { loadQwen2 } from '@marco-ts/model/files';
import { expect, test } from 'vitest';
import { relativeDifference } from '../golden/closeness.ts';
import expected from './real-size.json' with { type: 'json' };
import { writeRealSizeModel } from './write-real-size-model.ts';

test('loads from shards and gives the logits of transformers', async () => {
  const root = await mkdtemp(join(tmpdir(), 'marco-real-size-'));
  try {
    await writeRealSizeModel(join(root, 'model'));
    await initBackend({ prefer: ['wasm'] });
    const { params, config } = await loadQwen2(join(root, 'model'));
    expect(countParams(params)).toBe(expected.numParams);
    const prompt = Int32Array.from(expected.prompt);
    const logits = tf.tidy(() => {
      const inputs = batchInputs({
        batchSize: 1,
        sequenceLength: prompt.length,
        inputIds: prompt,
        positionIds: prompt.map((_, i) => i),
        segmentIds: new Int32Array(prompt.length),
      });
      return qwen2Logits(params, config, inputs).dataSync().slice(-config.vocabSize) as Float32Array;
    });
    expect(logits).toHaveLength(expected.numLogits);
    expect(
      relativeDifference(
        logits.filter((_, i) => i % 1000 === 0),
        expected.everyThousandth,
      ),
    ).toBeLessThan(1e-4);
    expect(logits.reduce((sum, value) => sum + value * value, 0) / expected.sumOfSquares).toBeCloseTo(1, 4);
    expect(logits.indexOf(logits.reduce((a, b) => Math.max(a, b)))).toBe(expected.argmax);
    const [answer] = await generate({ params, config, prompts: [prompt], maxNewTokens: 2, eosTokenIds: [] });
    expect(answer![0]).toBe(expected.argmax);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});
