/**
 * Products on halves held to their bound: each operand is rounded once, to 11 bits, so an element differs from the exact product by at most
 * 2^-10 of the sum of |a||b|, and by what lies below the smallest half of each matrix. Each case gives what went wrong.
 */
import * as tf from '@tensorflow/tfjs-core';

type Failures = Promise<string[]>;

export const PRODUCT_CASES: Readonly<Record<string, () => Failures>> = {
  'operands are rounded to halves': operandsAreRounded,
  'products of all transpose cases': transposes,
  'gradients below the smallest half, activations beyond the largest': extremes,
  'a bias': withBias,
  'cross-entropy and its gradients': crossEntropy,
  'NaN and Infinity stay in their rows': notFinite,
  'halves are made once for a tensor and go with it': keptHalves,
  'a tensor beside a view of itself': besideItself,
  'storage takes half the bytes and gives them back': storedBytes,
  'a stored weight: rows, products, gather, and any other operation': storedWeight,
  'storage of bfloat16 values is exact': storedBfloat16,
  'storage refuses what it cannot hold': storageRefuses,
};

/** In [-1, 1), different for each seed. */
function sample(seed: number, size: number, scale = 1): Float32Array {
  return Float32Array.from(
    { length: size },
    (_, index) => scale * ((((index + 1) * (2 * seed + 7919)) % 1021) / 510.5 - 1) * (1 + (index % 7) / 9),
  );
}

interface Sides {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function compare(label: string, ours: ArrayLike<number>, a: Float32Array, b: Float32Array, sides: Sides): string[] {
  const { M, N, K, transposeA, transposeB } = sides;
  const largest = (values: Float32Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  // Half the distance of the smallest halves, 2^-25, over the scale that brings the largest to at least 2^14.
  const [aUnit, bUnit] = [largest(a) * 2 ** -39, largest(b) * 2 ** -39];
  for (let m = 0; m < M; m++) {
    for (let n = 0; n < N; n++) {
      let [sum, bound] = [0, 0];
      for (let k = 0; k < K; k++) {
        const left = a[transposeA ? k * M + m : m * K + k]!;
        const right = b[transposeB ? n * K + k : k * N + n]!;
        sum += left * right;
        bound += 2 ** -10 * Math.abs(left * right) + aUnit * Math.abs(right) + bUnit * Math.abs(left);
      }
      const got = ours[m * N + n]!;
      if (!(Math.abs(got - sum) <= bound)) return [`${label}: ${got} at [${m}, ${n}], expected ${sum} within ${bound}`];
    }
  }
  return [];
}

const CASES = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

async function products(sizes: readonly [number, number, number], scaleA: number, scaleB: number): Failures {
  const [M, N, K] = sizes;
  const failures: string[] = [];
  for (const [transposeA, transposeB] of CASES) {
    const [av, bv] = [sample(1, M * K, scaleA), sample(2, N * K, scaleB)];
    const a = tf.tensor2d(av, transposeA ? [K, M] : [M, K]);
    const b = tf.tensor2d(bv, transposeB ? [N, K] : [K, N]);
    const product = tf.matMul(a, b, transposeA, transposeB);
    const sides = { M, N, K, transposeA, transposeB };
    failures.push(...compare(`${transposeA}, ${transposeB}`, await product.data(), av, bv, sides));
    tf.dispose([a, b, product]);
  }
  return failures;
}

/** 1 + 2^-10 has 11 bits, 1 + 2^-11 one more than a half holds: its square is seen rounded to 1. */
async function operandsAreRounded(): Failures {
  const [fits, rounds] = [tf.fill([32, 32], 1 + 2 ** -10), tf.fill([32, 32], 1 + 2 ** -11)];
  const [exact, rounded] = [tf.matMul(fits, fits), tf.matMul(rounds, rounds)];
  const [ours, roundedSums] = await Promise.all([exact.data(), rounded.data()]);
  tf.dispose([fits, rounds, exact, rounded]);
  return [
    ...near('exact', ours, [32 * (1 + 2 ** -10) ** 2], 2 ** -13),
    ...near('rounded', roundedSums, [32], 2 ** -13),
  ];
}

function transposes(): Failures {
  return products([70, 133, 45], 1, 1);
}

function extremes(): Failures {
  return products([33, 40, 64], 3e-9, 7e8);
}

async function withBias(): Failures {
  const [M, N, K] = [40, 37, 20];
  const [av, bv, biases] = [sample(1, M * K), sample(2, N * K), sample(3, N)];
  const [a, b, bias] = [tf.tensor2d(av, [M, K]), tf.tensor2d(bv, [N, K]), tf.tensor1d(biases)];
  const product = tf.fused.matMul({ a, b, transposeB: true, bias });
  const plain = (await product.data()).map((value, at) => value - biases[at % N]!);
  tf.dispose([a, b, bias, product]);
  // Adding the bias and taking it away again rounds twice more.
  const sides = { M, N, K, transposeA: false, transposeB: true };
  return compare('bias', plain, av, bv, sides);
}

async function crossEntropy(): Failures {
  const [T, D, V] = [40, 64, 150];
  const [hv, wv] = [sample(4, T * D), sample(5, V * D, 0.2)];
  const ids = Int32Array.from({ length: T }, (_, t) => (t % 9 === 4 ? -100 : (t * 37) % V));
  const inputs = {
    hidden: tf.tensor2d(hv, [T, D]),
    weight: tf.tensor2d(wv, [V, D]),
    labels: tf.tensor1d(ids, 'int32'),
  };
  const run = (name: string, more: tf.NamedTensorMap = {}) =>
    tf.engine().runKernel(name, { ...inputs, ...more } as never, { ignoreIndex: -100 }) as tf.Tensor[];
  const [nll, logSumExp] = run('MarcoLinearCrossEntropy');
  // As small as the gradient of a mean over a large batch.
  const dnll = tf.fill([T], 1e-7);
  const grads = run('MarcoLinearCrossEntropyGrad', { dnll, logSumExp: logSumExp! });
  const [ours, dhidden, dweight] = await Promise.all([nll!.data(), grads[0]!.data(), grads[1]!.data()]);
  tf.dispose([...Object.values(inputs), nll!, logSumExp!, dnll, ...grads]);
  const expected = { nll: new Float64Array(T), dhidden: new Float64Array(T * D), dweight: new Float64Array(V * D) };
  for (let t = 0; t < T; t++) {
    const logits = Array.from({ length: V }, (_, v) => {
      let sum = 0;
      for (let d = 0; d < D; d++) sum += hv[t * D + d]! * wv[v * D + d]!;
      return sum;
    });
    const logSum = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    if (ids[t] === -100) continue;
    expected.nll[t] = logSum - logits[ids[t]!]!;
    for (let v = 0; v < V; v++) {
      const dlogit = 1e-7 * (Math.exp(logits[v]! - logSum) - (v === ids[t] ? 1 : 0));
      for (let d = 0; d < D; d++) {
        expected.dhidden[t * D + d]! += dlogit * wv[v * D + d]!;
        expected.dweight[v * D + d]! += dlogit * hv[t * D + d]!;
      }
    }
  }
  // A logit sums 64 products of about 0.1: 2^-10 of that sum is 6e-3. The gradients follow the logits by exp.
  return [
    ...near('nll', ours, expected.nll, 6e-3),
    ...near('dhidden', dhidden, expected.dhidden, 6e-3 * 1e-7),
    ...near('dweight', dweight, expected.dweight, 6e-3 * 1e-7),
  ];
}

async function notFinite(): Failures {
  const [M, N, K] = [33, 32, 16];
  const av = sample(1, M * K);
  av[0] = Number.NaN;
  av[K] = Number.POSITIVE_INFINITY;
  const bv = sample(2, K * N).map((value) => Math.abs(value) + 0.5);
  const [a, b] = [tf.tensor2d(av, [M, K]), tf.tensor2d(bv, [K, N])];
  const product = tf.matMul(a, b);
  const ours = await product.data();
  tf.dispose([a, b, product]);
  const finiteRow = compare('row 2', ours.slice(2 * N, 3 * N), av.slice(2 * K, 3 * K), bv, {
    M: 1,
    N,
    K,
    transposeA: false,
    transposeB: false,
  });
  const rows = [ours.slice(0, N), ours.slice(N, 2 * N)];
  return [
    ...finiteRow,
    ...(rows[0]!.every(Number.isNaN) ? [] : [`the row of NaN has ${rows[0]!.find((value) => !Number.isNaN(value))}`]),
    ...(rows[1]!.every((value) => !Number.isFinite(value)) ? [] : ['the row of Infinity has finite elements']),
  ];
}

async function keptHalves(): Failures {
  // Sizes that no other case uses, so that no freed buffer is taken again; 41 columns take 48 halves.
  const [M, N, K] = [57, 67, 41];
  const [av, bv] = [sample(11, M * K), sample(12, K * N)];
  const [a, b] = [tf.tensor2d(av, [M, K]), tf.tensor2d(bv, [K, N])];
  const used = () => (tf.memory() as tf.MemoryInfo & { numBytesInGPU: number }).numBytesInGPU;
  await settle();
  const before = used();
  const sides = { M, N, K, transposeA: false, transposeB: false };
  const failures: string[] = [];
  const kept: number[] = [];
  for (let time = 0; time < 2; time++) {
    const product = tf.matMul(a, b);
    failures.push(...compare(`time ${time}`, await product.data(), av, bv, sides));
    product.dispose();
    await settle();
    kept.push(used() - before);
  }
  tf.dispose([a, b]);
  await settle();
  // Both came to the device with the first product, and each has its halves and their unit.
  const expected = 4 * (M * K + K * N) + 2 * (M * 48 + K * 72) + 2 * 4;
  if (kept.some((bytes) => bytes !== expected)) failures.push(`${kept} bytes were kept, expected ${expected}`);
  if (used() !== before) failures.push(`${used() - before} bytes were left`);
  return failures;
}

/** Both operands are one tensor to the device, by rows of other lengths. */
async function besideItself(): Failures {
  const values = sample(13, 36 * 42);
  const a = tf.tensor2d(values, [36, 42]);
  const b = tf.reshape(a, [42, 36]) as tf.Tensor2D;
  const product = tf.matMul(a, b);
  const failures = compare('x by its view', await product.data(), values, values, {
    M: 36,
    N: 36,
    K: 42,
    transposeA: false,
    transposeB: false,
  });
  tf.dispose([a, b, product]);
  return failures;
}

function store(x: tf.Tensor): tf.Tensor {
  return (tf.engine().runKernel('MarcoFloat16Storage', { x }) as tf.Tensor[])[0]!;
}

async function storedBytes(): Failures {
  // A length that no other case uses, so that no freed buffer is taken again.
  const x = tf.tensor1d(sample(9, 100_003));
  const used = () => (tf.memory() as tf.MemoryInfo & { numBytesInGPU: number }).numBytesInGPU;
  await settle();
  const before = used();
  const kept = store(x);
  await settle();
  const stored = used() - before - 4 * 100_003; // x itself came to the device
  kept.dispose();
  x.dispose();
  await settle();
  const after = used() - before;
  return [
    ...(stored === 4 * 50_002 + 4 ? [] : [`storage took ${stored} bytes`]),
    ...(after === 0 ? [] : [`${after} bytes were left`]),
  ];
}

/** Buffers that commands still need are freed when those are submitted, which a read does. */
async function settle(): Promise<void> {
  const one = tf.tidy(() => tf.relu(tf.ones([2])));
  await one.data();
  one.dispose();
}

async function storedWeight(): Failures {
  const [N, K] = [90, 48];
  const wv = sample(6, N * K, 0.05);
  const plain = tf.tensor2d(wv, [N, K]);
  const weight = store(plain) as tf.Tensor2D;
  plain.dispose();
  const failures: string[] = [];
  for (const M of [1, 5, 8, 9, 40]) {
    const av = sample(7, M * K);
    const a = tf.tensor2d(av, [M, K]);
    const product = tf.matMul(a, weight, false, true);
    const sides = { M, N, K, transposeA: false, transposeB: true };
    failures.push(...compare(`${M} rows`, await product.data(), av, wv, sides));
    tf.dispose([a, product]);
  }
  // The gradient of the rows under LoRA.
  const dv = sample(8, 40 * N);
  const dy = tf.tensor2d(dv, [40, N]);
  const dx = tf.matMul(dy, weight);
  const sides = { M: 40, N: K, K: N, transposeA: false, transposeB: false };
  failures.push(...compare('dx', await dx.data(), dv, wv, sides));
  const ids = tf.tensor1d([89, 0, 3], 'int32');
  const rows = tf.gather(weight, ids);
  const expected = [89, 0, 3].flatMap((id) => [...wv.slice(id * K, (id + 1) * K)]);
  failures.push(...near('gather', await rows.data(), expected, 0.1 * 2 ** -11));
  // Whatever is no product sees float32.
  const doubled = tf.mul(weight, 2);
  failures.push(...near('mul', await doubled.data(), [...wv.map((value) => 2 * value)], 0.2 * 2 ** -11));
  failures.push(...near('read', await weight.data(), [...wv], 0.1 * 2 ** -11));
  tf.dispose([weight, dy, dx, ids, rows, doubled]);
  return failures;
}

async function storedBfloat16(): Failures {
  const values = sample(10, 4096).map((value, at) => {
    const bits = new Uint32Array(new Float32Array([value * 2 ** -(at % 20)]).buffer);
    return new Float32Array(new Uint32Array([bits[0]! & 0xffff0000]).buffer)[0]!;
  });
  const x = tf.tensor1d(values);
  const kept = store(x);
  const read = await kept.data();
  tf.dispose([x, kept]);
  return near('bfloat16', read, [...values], 0);
}

async function storageRefuses(): Failures {
  const failures: string[] = [];
  for (const x of [tf.tensor1d([1, 2], 'int32'), tf.zeros([0, 3])]) {
    try {
      store(x).dispose();
      failures.push(`${x.dtype} [${x.shape}] was stored`);
    } catch (error) {
      if (!/x must be float32 and not empty, got (int32 \[2\]|float32 \[0,3\])/.test(String(error)))
        failures.push(String(error));
    }
    x.dispose();
  }
  return failures;
}

function near(label: string, ours: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): string[] {
  const at = Array.from(expected).findIndex((value, index) => !(Math.abs(ours[index]! - value) <= tolerance));
  return at < 0 ? [] : [`${label}: ${ours[at]}, expected ${expected[at]} within ${tolerance} at ${at}`];
}
