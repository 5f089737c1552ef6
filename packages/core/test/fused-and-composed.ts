/**
 * The law behind the fallbacks, as properties over random shapes: on one backend, the fused kernels and the composed operations give
 * the same values and gradients. The composed path is reached by taking the kernels away for the length of a call. Free of the test
 * runner, so that a process started with other environment variables (a Vulkan driver) can hold it too.
 */
import fc from 'fast-check';
import {
  adamwStep,
  causalAttention,
  createRandom,
  embedding,
  globalNorm,
  IGNORE_INDEX,
  linearCrossEntropy,
  type ParamMap,
  rmsNorm,
  rotaryEmbedding,
  swiglu,
  tf,
  valueAndGrad,
} from '../src/index.ts';
import { formulaTensor } from './formula-values.ts';

/** The table of docs/architecture.md. */
export const FUSED_KERNELS = [
  'MarcoEmbeddingGrad',
  'MarcoRmsNorm',
  'MarcoRmsNormGrad',
  'MarcoRope',
  'MarcoAttention',
  'MarcoAttentionGrad',
  'MarcoSwiglu',
  'MarcoSwigluGrad',
  'MarcoLinearCrossEntropy',
  'MarcoLinearCrossEntropyGrad',
  'MarcoAdamW',
  'MarcoSumOfSquares',
];

/** Largest difference, relative to the largest value of its tensor where that is above 1. */
const TOLERANCE = 2e-5;

/** @returns the names of the table that a backend has no kernel for */
export function missingKernels(tfjsName: string): string[] {
  return FUSED_KERNELS.filter((name) => tf.getKernel(name, tfjsName) === undefined);
}

export interface FusedLawOptions {
  /** Sizes of attention heads; a backend that compiles for each size is given few. */
  readonly headSize: fc.Arbitrary<number>;
  /** For backends whose own sine and cosine, which the composed rotation uses, are less precise than float32. */
  readonly rotaryTolerance?: number;
}

/**
 * @returns for each operation a property that fails where fused and composed differ or a tensor stays behind
 */
export function fusedEqualsComposed({
  headSize,
  rotaryTolerance = TOLERANCE,
}: FusedLawOptions): Readonly<Record<string, fc.IAsyncProperty<unknown[]>>> {
  const size = (max: number) => fc.integer({ min: 1, max });
  return {
    embedding: law([size(3), size(40), size(30), size(40), fc.nat()], (B, L, V, D, seed) => {
      const random = createRandom(seed);
      const ids = Array.from({ length: B * L }, () => random.integer(V));
      return check(
        () => ({ weight: formulaTensor(1, [V, D]) }),
        (p) => embedding(tf.tensor2d(ids, [B, L], 'int32'), p.get('weight') as tf.Tensor2D),
      );
    }),
    rmsNorm: law([size(3), size(40), size(150)], (B, L, D) =>
      check(
        () => ({ x: formulaTensor(1, [B, L, D], 4), weight: formulaTensor(2, [D], 2) }),
        (p) => rmsNorm(p.get('x') as tf.Tensor3D, p.get('weight') as tf.Tensor1D, 1e-6),
      ),
    ),
    rotaryEmbedding: law([size(2), size(20), size(3), size(20), fc.nat()], (B, L, N, half, seed) => {
      const random = createRandom(seed);
      // Beyond, the float32 rounding of position * frequency shows in either path.
      const positions = Array.from({ length: B * L }, () => random.integer(256));
      return check(
        () => ({ x: formulaTensor(1, [B, L, N, 2 * half]) }),
        (p) => rotaryEmbedding(p.get('x') as tf.Tensor4D, tf.tensor2d(positions, [B, L], 'int32'), 10_000),
        rotaryTolerance,
      );
    }),
    causalAttention: law(
      [size(2), size(40), fc.nat(20), size(3), size(3), headSize, fc.nat()],
      (B, L, past, K, G, H, seed) => {
        const S = L + past;
        const keyIds = packedSegments(B, S, seed);
        return check(
          () => ({
            q: formulaTensor(1, [B, L, K * G, H], 4),
            k: formulaTensor(2, [B, S, K, H], 4),
            v: formulaTensor(3, [B, S, K, H]),
          }),
          (p) => {
            const [q, k, v] = [...p.values()] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
            const queryIds = keyIds.map((row) => row.slice(past));
            const keySegmentIds = tf.tensor2d(keyIds, [B, S], 'int32');
            return causalAttention(q, k, v, tf.tensor2d(queryIds, [B, L], 'int32'), keySegmentIds);
          },
        );
      },
    ),
    swiglu: law([size(2), size(20), size(70)], (B, L, F) =>
      check(
        () => ({ gate: formulaTensor(1, [B, L, F], 20), up: formulaTensor(2, [B, L, F], 2) }),
        (p) => swiglu(p.get('gate') as tf.Tensor3D, p.get('up') as tf.Tensor3D),
      ),
    ),
    linearCrossEntropy: law([size(200), size(40), size(300), fc.nat(), fc.boolean()], (T, D, V, seed, summed) => {
      const random = createRandom(seed);
      const labels = Array.from({ length: T }, () => (random.integer(5) === 0 ? IGNORE_INDEX : random.integer(V)));
      return check(
        () => ({ hidden: formulaTensor(1, [T, D], 4), weight: formulaTensor(2, [V, D], 4) }),
        (p) => {
          const [hidden, weight] = [...p.values()] as [tf.Tensor2D, tf.Tensor2D];
          return linearCrossEntropy(hidden, weight, tf.tensor1d(labels, 'int32'), { summed });
        },
      );
    }),
    adamwStep: law([size(300), size(1000)], async (length, step) => {
      const settings = { learningRate: 0.01, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, gradScale: 0.3 };
      const run = () =>
        tf.tidy(() => {
          const [param, grad, m] = [1, 2, 3].map((seed) => formulaTensor(seed, [length])) as [
            tf.Tensor,
            tf.Tensor,
            tf.Tensor,
          ];
          const next = adamwStep({ param, grad, m, v: tf.square(formulaTensor(4, [length])) }, { ...settings, step });
          return [next.param, next.m, next.v];
        });
      expectClose(await readAll(run()), await readAll(composed(run)));
    }),
    globalNorm: law([size(40), size(60)], async (rows, columns) => {
      const grads = new Map<string, tf.Tensor>([
        ['a', formulaTensor(1, [rows, columns])],
        ['b', formulaTensor(2, [1])],
      ]);
      const norms = [await globalNorm(grads), await composed(() => globalNorm(grads))];
      tf.dispose([...grads.values()]);
      expectClose([Float32Array.of(norms[0]!)], [Float32Array.of(norms[1]!)]);
    }),
  };
}

function law<Sizes extends [unknown, ...unknown[]]>(
  arbitraries: { [Index in keyof Sizes]: fc.Arbitrary<Sizes[Index]> },
  holds: (...sizes: Sizes) => Promise<void>,
): fc.IAsyncProperty<unknown[]> {
  const property = fc.asyncProperty(fc.tuple(...arbitraries) as unknown as fc.Arbitrary<Sizes>, async (sizes) => {
    const before = tf.memory().numTensors;
    await holds(...sizes);
    const leaked = tf.memory().numTensors - before;
    if (leaked !== 0) throw new Error(`${leaked} tensors stay behind`);
  });
  return property as unknown as fc.IAsyncProperty<unknown[]>;
}

/** Documents of about 8 tokens, a tenth of all tokens padding. */
function packedSegments(B: number, S: number, seed: number): number[][] {
  const random = createRandom(seed);
  return Array.from({ length: B }, () => {
    let segment = 0;
    return Array.from({ length: S }, () => {
      if (random.integer(8) === 0) segment += 1;
      return random.integer(10) === 0 ? -1 : segment;
    });
  });
}

function composed<Result>(run: () => Result): Result {
  const backend = tf.getBackend();
  const kernels = FUSED_KERNELS.map((name) => tf.getKernel(name, backend)).filter((kernel) => kernel !== undefined);
  for (const { kernelName } of kernels) tf.unregisterKernel(kernelName, backend);
  try {
    return run();
  } finally {
    for (const kernel of kernels) tf.registerKernel(kernel);
  }
}

async function check(
  inputs: () => Record<string, tf.Tensor>,
  run: (params: ParamMap) => tf.Tensor,
  tolerance = TOLERANCE,
): Promise<void> {
  const evaluate = () => outputAndGradients(inputs, run);
  expectClose(await readAll(evaluate()), await readAll(composed(evaluate)), tolerance);
}

/** Output and gradients of sum(output * cotangent), owned by the caller. */
function outputAndGradients(
  inputs: () => Record<string, tf.Tensor>,
  run: (params: ParamMap) => tf.Tensor,
): tf.Tensor[] {
  return tf.tidy(() => {
    const { aux, grads } = valueAndGrad(new Map(Object.entries(inputs())), (params) => {
      const output = run(params);
      const loss = tf.sum(tf.mul(output, formulaTensor(99, output.shape))) as tf.Scalar;
      return { loss, aux: { output } };
    });
    return [aux.output!, ...grads.values()];
  });
}

async function readAll(tensors: tf.Tensor[]): Promise<Float32Array[]> {
  const arrays = await Promise.all(tensors.map(async (tensor) => (await tensor.data()).slice() as Float32Array));
  tf.dispose(tensors);
  return arrays;
}

function expectClose(fused: Float32Array[], reference: Float32Array[], tolerance = TOLERANCE): void {
  for (const [place, expected] of reference.entries()) {
    const ours = fused[place]!;
    if (ours.length !== expected.length) throw new Error(`array ${place}: ${ours.length} of ${expected.length} values`);
    const scale = expected.reduce((largest, value) => Math.max(largest, Math.abs(value)), 1);
    for (const [index, value] of ours.entries()) {
      const difference = Math.abs(value - expected[index]!) / scale;
      if (!(difference < tolerance)) {
        throw new Error(`array ${place}[${index}]: fused ${value}, composed ${expected[index]}`);
      }
    }
  }
}
