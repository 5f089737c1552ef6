/**
 * Computes a product with known result on the device before anything relies on it: matrix instructions are new in drivers.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import { multiply } from '../building-blocks/multiply.ts';
import { allocate } from '../runtime/run-shader.ts';
import type { Products } from './products.ts';

/** Not multiples of any tile, so that edges count too. */
const [M, N, K] = [70, 75, 37];

/** @returns what differs; undefined when every element is exact, of a product that reads each operand plainly and one transposed */
export async function checkProducts(backend: WebGPUBackend, products: Products): Promise<string | undefined> {
  // Integers below 11 bits, and sums below 24: exact in halves and in float32.
  const a = Float32Array.from({ length: M * K }, (_, index) => ((index * 7) % 31) - 15);
  const b = Float32Array.from({ length: K * N }, (_, index) => ((index * 11) % 29) - 14);
  for (const isTransposed of [false, true]) {
    const [transposeA, transposeB] = [isTransposed, isTransposed];
    const at = {
      a: (m: number, k: number) => a[transposeA ? k * M + m : m * K + k]!,
      b: (k: number, n: number) => b[transposeB ? n * K + k : k * N + n]!,
    };
    const tensors = {
      a: backend.makeTensorInfo([M * K], 'float32', a.slice()),
      b: backend.makeTensorInfo([K * N], 'float32', b.slice()),
      result: allocate(backend, [M * N]),
    };
    const part = (tensor: typeof tensors.a, pitch: number) => ({ tensor, start: 0, pitch });
    const run = {
      result: part(tensors.result, N),
      a: part(tensors.a, transposeA ? M : K),
      b: part(tensors.b, transposeB ? K : N),
      ...{ M, N, K },
    };
    multiply(backend, { transposeA, transposeB, accumulate: false }, run, products);
    const result = (await backend.read(tensors.result.dataId)) as Float32Array;
    for (const { dataId } of Object.values(tensors)) backend.disposeData(dataId);
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        let expected = 0;
        for (let k = 0; k < K; k++) expected += at.a(m, k) * at.b(k, n);
        const got = result[m * N + n];
        if (got !== expected) {
          const names = `${transposeA ? 'T' : 'N'}${transposeB ? 'T' : 'N'}`;
          return `its product ${names} gave ${got} where ${expected} is exact, at [${m}, ${n}]`;
        }
      }
    }
  }
  return undefined;
}
