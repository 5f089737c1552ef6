/**
 * Our matrix products of each kind that the adapter computes and tfjs's own, in turns, after one unmeasured run each:
 *
 *   node --conditions=@marco-ts/source packages/backend-webgpu/bench/mat-mul.ts [size ...]
 *
 * Units: GFLOP/s, the median of 5 runs. Each run ends with reading one number, whose time counts too: small sizes measure that.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { multiply } from '../src/building-blocks/multiply.ts';
import { findGpu } from '../src/find-gpu.ts';
import { registerWebGpuBackend } from '../src/index.ts';
import { PRODUCT_KINDS, type ProductKind, productsOf } from '../src/products/products.ts';

const NUM_RUNS = 5;
const sizes = process.argv.slice(2).map(Number);
if (sizes.some((size) => !Number.isInteger(size) || size < 1)) throw new Error('sizes must be integers from 1');

// tfjs looks for the GPU while it is imported, and its kernel is kept here before ours takes its place.
await findGpu('bench');
await import('@tensorflow/tfjs-backend-webgpu');
const tfjsMatMul = tf.getKernel('BatchMatMul', 'webgpu').kernelFunc;
// The strongest kind that the adapter has; a device computes the weaker ones too.
const record = await PRODUCT_KINDS.toReversed().reduce(
  (tried, products) => tried.catch(() => registerWebGpuBackend({ products })),
  Promise.reject<Awaited<ReturnType<typeof registerWebGpuBackend>>>(),
);
await tf.setBackend(record.tfjsName);
const backend = tf.backend() as unknown as WebGPUBackend;
const kinds = PRODUCT_KINDS.slice(0, PRODUCT_KINDS.indexOf(record.products) + 1);
console.log(record.adapter);

for (const size of sizes.length > 0 ? sizes : [256, 512]) {
  for (const [transposeA, transposeB] of [
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ] as const) {
    const [a, b] = [tf.randomNormal([size, size]), tf.randomNormal([size, size])];
    const ours = (kind: ProductKind) => () => {
      const result = backend.makeTensorInfo([size, size], 'float32');
      const part = (tensor: tf.TensorInfo) => ({ tensor, start: 0, pitch: size });
      const run = { result: part(result), a: part(a), b: part(b), M: size, N: size, K: size };
      multiply(backend, { transposeA, transposeB, accumulate: false }, run, { ...productsOf(backend), kind });
      return result;
    };
    const contestants: Record<string, () => tf.TensorInfo> = {
      ...Object.fromEntries(kinds.map((kind) => [kind, ours(kind)])),
      tfjs: () => tfjsMatMul({ inputs: { a, b }, attrs: { transposeA, transposeB }, backend }) as tf.TensorInfo,
    };
    const seconds = new Map<string, number[]>(Object.keys(contestants).map((name) => [name, []]));
    for (let run = 0; run <= NUM_RUNS; run++) {
      for (const [name, multiplyOnce] of Object.entries(contestants)) {
        const start = performance.now();
        const result = tf.engine().makeTensorFromTensorInfo(multiplyOnce());
        const corner = tf.slice(result, [0, 0], [1, 1]);
        await corner.data();
        if (run > 0) seconds.get(name)!.push((performance.now() - start) / 1000);
        tf.dispose([result, corner]);
      }
    }
    const rates = [...seconds].map(([name, times]) => {
      const median = times.sort((left, right) => left - right)[(NUM_RUNS - 1) / 2]!;
      return `${name} ${((2 * size ** 3) / median / 1e9).toPrecision(3)}`;
    });
    console.log(`${size} ${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'}: ${rates.join(', ')}`);
    tf.dispose([a, b]);
  }
}
process.exit(0);
