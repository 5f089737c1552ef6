/**
 * Logits of a tiny model whose matrices are stored as halves, beside those of their float32 twins; prints one line of JSON: the largest difference,
 * the largest logit, and the bytes that the parameters take on the GPU, with what the pass leaves there.
 */
import { disposeParams, halveParams, initBackend, type ParamMap, tf } from '@marco-ts/core';
import { initQwen2Params, qwen2Logits } from '@marco-ts/model';
import { TINY_SHAPE } from '../../src/train-step-shapes.ts';

const { config } = TINY_SHAPE;
await initBackend({ prefer: ['webgpu'] });

/** Buffers that commands still need are freed when those are submitted, which a read does. */
async function gpuBytes(): Promise<number> {
  const one = tf.tidy(() => tf.relu(tf.ones([2])));
  await one.data();
  one.dispose();
  return (tf.memory() as tf.MemoryInfo & { numBytesInGPU: number }).numBytesInGPU;
}

async function logitsOf(params: ParamMap): Promise<Float32Array> {
  const ids = [5, 17, 99, 3];
  const row = (values: number[]) => tf.tensor2d([values], [1, ids.length], 'int32');
  const inputs = { inputIds_BL: row(ids), positionIds_BL: row([0, 1, 2, 3]), segmentIds_BL: row([0, 0, 0, 0]) };
  const logits = qwen2Logits(params, config, inputs);
  const values = (await logits.data()) as Float32Array;
  tf.dispose([...Object.values(inputs), logits]);
  return values;
}

const empty = await gpuBytes();
const params = initQwen2Params(config, 1);
const float32 = await logitsOf(params);
const float32Bytes = (await gpuBytes()) - empty;
const halved = halveParams(params);
disposeParams(params);
const halves = await logitsOf(halved);
const halvedBytes = (await gpuBytes()) - empty;
const difference = Math.max(...halves.map((value, index) => Math.abs(value - float32[index]!)));
const scale = Math.max(...float32.map(Math.abs));
process.stdout.write(`${JSON.stringify({ float32Bytes, halvedBytes, difference, scale })}\n`, () => process.exit(0));
