/**
 * What the goldens of `packages/core` leave open about the fused kernels: sizes beyond one tile, blocks of logits, ids that fit nothing,
 * nothing at all, bits that repeat, memory that stays. Each case gives what to compare with what.
 */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { multiply } from '../../src/building-blocks/multiply.ts';
import type { MultiplyCase } from '../../src/building-blocks/multiply-case.ts';
import type { WebGpuKernel } from '../../src/kernels/kernel-types.ts';
import { createLinearCrossEntropy } from '../../src/kernels/linear-cross-entropy.ts';
import { createMatMul } from '../../src/kernels/mat-mul.ts';
import { allocate, runShader, type Shader, spread } from '../../src/runtime/run-shader.ts';
import { attentionReference } from './attention-reference.ts';

export interface Comparison {
  readonly ours: readonly number[];
  readonly expected: readonly number[];
  /** Relative to the largest expected value where that is above 1; 0 asks for the same bits. */
  readonly tolerance: number;
}

export const KERNEL_CASES: Readonly<Record<string, () => Promise<Comparison[]>>> = {
  'multiply: transposes, parts and sums': multiplyParts,
  'matMul: large tiles': matMulLargeTiles,
  'matMul: a bias on large tiles, an activation by tfjs': matMulWithBias,
  'attention: heads of 40, three tiles, documents and padding': attentionOfManyTiles,
  'linearCrossEntropy: blocks of rows and words equal one block': crossEntropyBlocks,
  'linearCrossEntropy: a label that fits no word gives NaN, and only there': crossEntropyBadLabel,
  'embeddingGrad: sums by id, the same bits again, foreign ids left out': embeddingSums,
  'rope: float32 precision at position 30,000': ropeFarAway,
  'more workgroups than one dimension holds': manyWorkgroups,
  'nothing in, nothing or zeros out': emptyInputs,
  'memory stays after 30 steps': memoryStays,
};

/** Fractions that are exact in float32, different for each seed, in [-1, 1). */
function sample(seed: number, size: number): Float32Array {
  return Float32Array.from({ length: size }, (_, index) => (((index + 1) * (2 * seed + 7919)) % 1021) / 512 - 1);
}

const floats = (seed: number, shape: number[]) => tf.tensor(sample(seed, tf.util.sizeFromShape(shape)), shape);
const backend = () => tf.backend() as unknown as WebGPUBackend;

async function read(tensors: tf.Tensor[]): Promise<number[][]> {
  const arrays = await Promise.all(tensors.map(async (tensor) => [...(await tensor.data())]));
  tf.dispose(tensors);
  return arrays;
}

function runKernel(name: string, inputs: Record<string, tf.Tensor>, attributes: tf.NamedAttrMap = {}): tf.Tensor[] {
  return tf.engine().runKernel(name, inputs, attributes) as tf.Tensor[];
}

function runDirectly(kernel: WebGpuKernel, inputs: Record<string, tf.Tensor>, attrs: tf.NamedAttrMap): tf.Tensor[] {
  return kernel({ inputs, attrs, backend: backend() }).map((info) => tf.engine().makeTensorFromTensorInfo(info));
}

async function multiplyParts(): Promise<Comparison[]> {
  const [M, N, K] = [70, 37, 21];
  const flags = [false, true].flatMap((transposeA) =>
    [false, true].map((transposeB): MultiplyCase => ({ transposeA, transposeB, accumulate: transposeA })),
  );
  const comparisons: Comparison[] = [];
  for (const what of flags) {
    const [aRows, aColumns] = what.transposeA ? [K, M] : [M, K];
    const [bRows, bColumns] = what.transposeB ? [N, K] : [K, N];
    // Each matrix lies in a wider buffer, from its element 5 on.
    const [a, b, result] = [floats(1, [5 + aRows * 90]), floats(2, [5 + bRows * 90]), floats(3, [5 + M * 50])];
    const at = (values: Float32Array, row: number, column: number) => values[5 + row * 90 + column]!;
    const [av, bv] = [sample(1, a.size), sample(2, b.size)];
    const expected = [...sample(3, result.size)];
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        let sum = what.accumulate ? expected[5 + m * 50 + n]! : 0;
        for (let k = 0; k < K; k++) {
          sum += (what.transposeA ? at(av, k, m) : at(av, m, k)) * (what.transposeB ? at(bv, n, k) : at(bv, k, n));
        }
        expected[5 + m * 50 + n] = sum;
      }
    }
    if (aColumns > 90 || bColumns > 90) throw new Error('the buffers of this case are too narrow');
    multiply(backend(), what, {
      result: { tensor: result, start: 5, pitch: 50 },
      a: { tensor: a, start: 5, pitch: 90 },
      b: { tensor: b, start: 5, pitch: 90 },
      M,
      N,
      K,
    });
    const [ours] = await read([result, a, b]);
    comparisons.push({ ours: ours!, expected, tolerance: 1e-6 });
  }
  return comparisons;
}

/** The product in float64. */
function product(av: Float32Array, bv: Float32Array, transposeA: boolean, transposeB: boolean): number[] {
  const { M, N, K } = LARGE;
  return Array.from({ length: M * N }, (_, place) => {
    const [m, n] = [Math.floor(place / N), place % N];
    let sum = 0;
    for (let k = 0; k < K; k++)
      sum += av[transposeA ? k * M + m : m * K + k]! * bv[transposeB ? n * K + k : k * N + n]!;
    return sum;
  });
}

/** Just enough tiles for large ones, the last of them not filled. */
const LARGE = { M: 8130, N: 131, K: 9 };

async function matMulLargeTiles(): Promise<Comparison[]> {
  const { M, N, K } = LARGE;
  let numHandedOn = 0;
  const matMul = createMatMul(({ inputs }) => {
    numHandedOn++;
    return tf.zeros(inputs.a!.shape);
  });
  const run = (a: tf.Tensor, b: tf.Tensor, transposeA: boolean, transposeB: boolean) => {
    const result = matMul({ inputs: { a, b }, attrs: { transposeA, transposeB }, backend: backend() }) as tf.TensorInfo;
    return result instanceof tf.Tensor ? result : tf.engine().makeTensorFromTensorInfo(result);
  };
  const comparisons: Comparison[] = [];
  for (const [transposeA, transposeB] of [
    [false, true],
    [true, false],
  ] as const) {
    const a = floats(5, transposeA ? [1, K, M] : [1, M, K]);
    const b = floats(6, transposeB ? [1, N, K] : [1, K, N]);
    const [ours] = await read([run(a, b, transposeA, transposeB)]);
    tf.dispose([a, b]);
    const expected = product(sample(5, M * K), sample(6, N * K), transposeA, transposeB);
    comparisons.push({ ours: ours!, expected, tolerance: 1e-6 });
  }
  const numOurs = 2 - numHandedOn;
  // Batches are tfjs's.
  const [a, b] = [floats(7, [2, 3, 4]), floats(8, [2, 4, 5])];
  tf.dispose([run(a, b, false, false), a, b]);
  return [...comparisons, { ours: [numOurs, numHandedOn], expected: [2, 1], tolerance: 0 }];
}

async function matMulWithBias(): Promise<Comparison[]> {
  const { M, N, K } = LARGE;
  const [a, b, bias] = [floats(5, [1, M, K]), floats(6, [1, N, K]), floats(7, [N])];
  let numHandedOn = 0;
  const matMul = createMatMul(() => {
    numHandedOn++;
    return tf.zeros([1]);
  });
  const run = (activation: string) => {
    const attrs = { transposeA: false, transposeB: true, activation };
    const result = matMul({ inputs: { a, b, bias }, attrs, backend: backend() }) as tf.TensorInfo;
    return result instanceof tf.Tensor ? result : tf.engine().makeTensorFromTensorInfo(result);
  };
  const [ours] = await read([run('linear'), run('relu')]);
  tf.dispose([a, b, bias]);
  const biases = sample(7, N);
  const expected = product(sample(5, M * K), sample(6, N * K), false, true).map((sum, at) => sum + biases[at % N]!);
  return [
    { ours: ours!, expected, tolerance: 1e-6 },
    { ours: [numHandedOn], expected: [1], tolerance: 0 },
  ];
}

async function attentionOfManyTiles(): Promise<Comparison[]> {
  const sizes = { B: 2, L: 70, S: 75, N: 4, K: 2, H: 40 };
  const { B, L, S, N, K, H } = sizes;
  // Two long documents, so that whole tiles are seen by nobody; then padding, and a sequence of padding alone.
  const keyIds = Array.from({ length: B * S }, (_, place) => {
    const key = place % S;
    if (place >= S) return key < 10 ? 3 : -1;
    return key < 40 ? 0 : key < 72 ? 1 : -1;
  });
  const queryIds = [0, 1].flatMap((b) => keyIds.slice(b * S + S - L, (b + 1) * S));
  const scale = 1 / Math.sqrt(H);
  const inputs = {
    q: floats(11, [B, L, N, H]),
    k: floats(12, [B, S, K, H]),
    v: floats(13, [B, S, K, H]),
    querySegmentIds: tf.tensor(queryIds, [B, L], 'int32'),
    keySegmentIds: tf.tensor(keyIds, [B, S], 'int32'),
  };
  const dout = floats(14, [B, L, N, H]);
  const [out, logSumExp] = runKernel('MarcoAttention', inputs, { scale });
  const gradInputs = { ...inputs, dout, out: out!, logSumExp: logSumExp! };
  const grads = runKernel('MarcoAttentionGrad', gradInputs, { scale });
  const again = runKernel('MarcoAttentionGrad', gradInputs, { scale });
  const [ours, repeated] = [await read([out!, logSumExp!, ...grads]), await read(again)];
  tf.dispose([...Object.values(inputs), dout]);
  const [q, k, v, d] = [
    sample(11, B * L * N * H),
    sample(12, B * S * K * H),
    sample(13, B * S * K * H),
    sample(14, B * L * N * H),
  ];
  const expected = attentionReference(sizes, { q, k, v, dout: d, queryIds, keyIds, scale });
  return [
    ...expected.map((values, index) => ({ ours: ours[index]!, expected: values, tolerance: 3e-6 })),
    ...repeated.map((values, index) => ({ ours: values, expected: ours[index + 2]!, tolerance: 0 })),
  ];
}

async function crossEntropyBlocks(): Promise<Comparison[]> {
  const [T, D, V] = [90, 24, 130];
  const labels = Array.from({ length: T }, (_, t) => (t % 7 === 0 ? -100 : (t * 37) % V));
  const inputs = { hidden: floats(21, [T, D]), weight: floats(22, [V, D]), labels: tf.tensor1d(labels, 'int32') };
  const results: number[][][] = [];
  for (const block of [{ maxRows: 32, maxElements: 32 * 50 }, undefined]) {
    const { forward, backward } = createLinearCrossEntropy(block);
    const [nll, logSumExp] = runDirectly(forward, inputs, { ignoreIndex: -100 });
    const dnll = floats(23, [T]);
    const grads = runDirectly(backward, { ...inputs, dnll, logSumExp: logSumExp! }, { ignoreIndex: -100 });
    results.push(await read([nll!, logSumExp!, ...grads]));
    dnll.dispose();
  }
  tf.dispose(Object.values(inputs));
  return results[0]!.map((ours, index) => ({ ours, expected: results[1]![index]!, tolerance: 2e-6 }));
}

async function crossEntropyBadLabel(): Promise<Comparison[]> {
  const inputs = {
    hidden: floats(24, [4, 6]),
    weight: floats(25, [10, 6]),
    labels: tf.tensor1d([3, 10, -100, -1], 'int32'),
  };
  const [nll, logSumExp] = runKernel('MarcoLinearCrossEntropy', inputs, { ignoreIndex: -100 });
  const dnll = tf.ones([4]);
  const gradInputs = { ...inputs, dnll, logSumExp: logSumExp! };
  const grads = runKernel('MarcoLinearCrossEntropyGrad', gradInputs, { ignoreIndex: -100 });
  const [ours, , dhidden, dweight] = await read([nll!, logSumExp!, ...grads]);
  tf.dispose([...Object.values(inputs), dnll]);
  const areNaN = (values: number[]) => values.map((value) => (Number.isNaN(value) ? 1 : 0));
  const rows = [0, 1, 2, 3].map((row) => dhidden!.slice(row * 6, row * 6 + 6));
  return [
    { ours: areNaN(ours!), expected: [0, 1, 0, 1], tolerance: 0 },
    { ours: [ours![2]!, ...rows[2]!], expected: Array(7).fill(0), tolerance: 0 },
    { ours: areNaN([rows[0]![0]!, rows[1]![0]!, rows[3]![0]!, dweight![0]!]), expected: [0, 1, 1, 1], tolerance: 0 },
  ];
}

async function embeddingSums(): Promise<Comparison[]> {
  const [T, D, V] = [300, 70, 11];
  const ids = Array.from({ length: T }, (_, t) => (t % 50 === 7 ? V : t % 50 === 8 ? -1 : (t * t) % 9));
  const inputs = { dy: floats(31, [T, D]), ids: tf.tensor1d(ids, 'int32') };
  const run = () => runKernel('MarcoEmbeddingGrad', inputs, { vocabSize: V });
  const [[first], [second]] = [await read(run()), await read(run())];
  tf.dispose(Object.values(inputs));
  const dy = sample(31, T * D);
  const expected = Array(V * D).fill(0) as number[];
  for (const [t, id] of ids.entries()) {
    if (id < 0 || id >= V) continue;
    for (let d = 0; d < D; d++) expected[id * D + d]! += dy[t * D + d]!;
  }
  return [
    { ours: first!, expected, tolerance: 0 },
    { ours: second!, expected: first!, tolerance: 0 },
  ];
}

async function ropeFarAway(): Promise<Comparison[]> {
  const [L, H, theta] = [4, 64, 1e6];
  const positions = [0, 1, 29_999, 30_000];
  const inputs = { x: floats(41, [1, L, 1, H]), positionIds: tf.tensor2d([positions], [1, L], 'int32') };
  const [y] = runKernel('MarcoRope', inputs, { theta, inverse: false });
  const [back] = runKernel('MarcoRope', { ...inputs, x: y! }, { theta, inverse: true });
  const [ours, returned] = await read([y!, back!]);
  tf.dispose(Object.values(inputs));
  const x = sample(41, L * H);
  const expected = [...x];
  for (const [l, position] of positions.entries()) {
    for (let i = 0; i < H / 2; i++) {
      // Model and goldens multiply in float32: the angle is theirs, its sine and cosine exact.
      const angle = Math.fround(position * Math.fround(theta ** ((-2 * i) / H)));
      const [a, b] = [x[l * H + i]!, x[l * H + H / 2 + i]!];
      expected[l * H + i] = a * Math.cos(angle) - b * Math.sin(angle);
      expected[l * H + H / 2 + i] = b * Math.cos(angle) + a * Math.sin(angle);
    }
  }
  return [
    { ours: ours!, expected, tolerance: 5e-7 },
    { ours: returned!, expected: [...x], tolerance: 5e-7 },
  ];
}

async function manyWorkgroups(): Promise<Comparison[]> {
  const numWorkgroups = backend().device.limits.maxComputeWorkgroupsPerDimension + 5;
  const y = allocate(backend(), [numWorkgroups]);
  const shader: Shader = {
    key: 'test of spread',
    outputs: { y: 'f32' },
    inputs: {},
    uniforms: { size: 'i32' },
    workgroupSize: [1, 1],
    code: () => `
fn main(local: vec2<u32>, group: vec3<u32>, groups: vec3<u32>) {
  let index = flatIndex(group, groups);
  if (index < uniforms.size) { y[index] = f32(index); }
}`,
  };
  const workgroups = spread(backend(), numWorkgroups);
  runShader(backend(), shader, { outputs: [y], inputs: [], uniforms: { size: numWorkgroups }, workgroups });
  const [ours] = await read([tf.engine().makeTensorFromTensorInfo(y)]);
  return [{ ours: ours!, expected: Array.from({ length: numWorkgroups }, (_, index) => index), tolerance: 0 }];
}

async function emptyInputs(): Promise<Comparison[]> {
  const none = (shape: number[], dtype: 'float32' | 'int32' = 'float32') => tf.zeros(shape, dtype);
  const outputs = tf.tidy(() => [
    ...runKernel('MarcoRmsNorm', { x: none([0, 3]), weight: tf.ones([3]) }, { eps: 1e-6 }),
    ...runKernel('MarcoRmsNormGrad', { dy: none([0, 3]), x: none([0, 3]), weight: tf.ones([3]), rstd: none([0]) }),
    ...runKernel('MarcoEmbeddingGrad', { dy: none([0, 3]), ids: none([0], 'int32') }, { vocabSize: 2 }),
    ...runKernel('MarcoSumOfSquares', { x: none([0]) }),
    ...runKernel('MarcoSwiglu', { gate: none([0, 2]), up: none([0, 2]) }),
    ...runKernel(
      'MarcoLinearCrossEntropyGrad',
      {
        dnll: none([0]),
        hidden: none([0, 2]),
        weight: tf.ones([3, 2]),
        labels: none([0], 'int32'),
        logSumExp: none([0]),
      },
      { ignoreIndex: -100 },
    ),
  ]);
  const shapes = outputs.map(({ shape }) => shape.join(','));
  const expectedShapes = ['0,3', '0', '0,3', '3', '2,3', '', '0,2', '0,2', '3,2'];
  const values = (await read(outputs)).flat();
  return [
    {
      ours: shapes.map((shape, index) => Number(shape === expectedShapes[index])),
      expected: Array(9).fill(1),
      tolerance: 0,
    },
    { ours: values, expected: Array(3 + 6 + 1 + 6).fill(0), tolerance: 0 },
  ];
}

async function memoryStays(): Promise<Comparison[]> {
  const x = floats(61, [64, 32]);
  const weight = floats(62, [32]);
  const step = async () => {
    const [y, rstd] = runKernel('MarcoRmsNorm', { x, weight }, { eps: 1e-6 });
    const grads = runKernel('MarcoRmsNormGrad', { dy: y!, x, weight, rstd: rstd! });
    await read([y!, rstd!, ...grads]);
  };
  const used = () => {
    const memory = tf.memory() as tf.MemoryInfo & { numBytesInGPU: number; numBytesAllocatedInGPU: number };
    return [memory.numTensors, memory.numDataBuffers, memory.numBytesInGPU, memory.numBytesAllocatedInGPU];
  };
  for (let index = 0; index < 3; index++) await step();
  const before = used();
  for (let index = 0; index < 30; index++) await step();
  const after = used();
  tf.dispose([x, weight]);
  return [{ ours: after, expected: before, tolerance: 0 }];
}
