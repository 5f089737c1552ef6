/**
 * Times one training operation, forward and backward, by our fused kernels or by the composed fallback on the same backend.
 *
 * Shapes: those of one layer: B rows of L tokens, D hidden, N query heads sharing K key heads of size H, F feed-forward, V vocabulary.
 */
import {
  adamwStep,
  causalAttention,
  createRandom,
  embedding,
  linearCrossEntropy,
  rmsNorm,
  rotaryEmbedding,
  swiglu,
  tf,
} from '@marco-ts/core';
import { timeCalls } from './time-calls.ts';

export const TIMED_OPS = [
  'embedding',
  'rmsNorm',
  'rotaryEmbedding',
  'causalAttention',
  'swiglu',
  'linearCrossEntropy',
  'adamwStep',
] as const;
export type TimedOp = (typeof TIMED_OPS)[number];

export interface LayerShape {
  readonly B: number;
  readonly L: number;
  readonly D: number;
  readonly N: number;
  readonly K: number;
  readonly H: number;
  readonly F: number;
  readonly V: number;
}

/** No multiple of a row, so that rows differ. */
const REPEAT_AFTER = 65_537;
const EPS = 1e-6;
const THETA = 1e6;
const ADAMW = { learningRate: 1e-3, beta1: 0.9, beta2: 0.95, eps: 1e-8, weightDecay: 0.1, step: 10, gradScale: 1 };

/** @returns seconds of one forward and backward pass; for `adamwStep` of one step over the [V, D] table */
export function timeFusedOp(op: TimedOp, shape: LayerShape, isFused: boolean, durationSeconds: number): number {
  const work = createWork(op, shape);
  const call = () => tf.tidy(() => void work.run());
  const time = () => {
    call();
    return timeCalls(call, durationSeconds);
  };
  const seconds = isFused ? time() : withoutFusedKernels(time);
  tf.dispose(work.tensors);
  return seconds;
}

/** Runs `work` while the current backend has none of the fused kernels, so that core takes its composed fallbacks. */
function withoutFusedKernels<Result>(work: () => Result): Result {
  const backend = tf.getBackend();
  const fused = tf.getKernelsForBackend(backend).filter(({ kernelName }) => kernelName.startsWith('Marco'));
  for (const { kernelName } of fused) tf.unregisterKernel(kernelName, backend);
  try {
    return work();
  } finally {
    for (const kernel of fused) tf.registerKernel(kernel);
  }
}

interface Work {
  readonly tensors: tf.Tensor[];
  run(): tf.Tensor[];
}

function createWork(op: TimedOp, { B, L, D, N, K, H, F, V }: LayerShape): Work {
  const random = createRandom(1);
  // Values repeat after a while: drawing each anew would take longer than the measurement.
  const values = Float32Array.from({ length: REPEAT_AFTER }, () => random.normal());
  const normal = (...shape: number[]): tf.Tensor => {
    const filled = new Float32Array(shape.reduce((product, length) => product * length, 1));
    for (let start = 0; start < filled.length; start += REPEAT_AFTER) {
      filled.set(values.subarray(0, filled.length - start), start);
    }
    return tf.tensor(filled, shape);
  };
  const integers = (shape: number[], draw: (index: number) => number): tf.Tensor =>
    tf.tensor(
      Int32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) => draw(index)),
      shape,
      'int32',
    );
  const differentiable = (
    forward: (...inputs: tf.Tensor[]) => tf.Tensor,
    inputs: tf.Tensor[],
    dy: tf.Tensor,
    kept: tf.Tensor[] = [],
  ): Work => {
    const gradients = tf.grads(forward);
    return { tensors: [...inputs, dy, ...kept], run: () => gradients(inputs, dy) };
  };
  switch (op) {
    case 'embedding': {
      const ids = integers([B, L], () => random.integer(V)) as tf.Tensor2D;
      return differentiable((table) => embedding(ids, table as tf.Tensor2D), [normal(V, D)], normal(B, L, D), [ids]);
    }
    case 'rmsNorm':
      return differentiable(
        (x, weight) => rmsNorm(x as tf.Tensor3D, weight as tf.Tensor1D, EPS),
        [normal(B, L, D), normal(D)],
        normal(B, L, D),
      );
    case 'rotaryEmbedding': {
      const positions = integers([B, L], (index) => index % L) as tf.Tensor2D;
      return differentiable(
        (x) => rotaryEmbedding(x as tf.Tensor4D, positions, THETA),
        [normal(B, L, N, H)],
        normal(B, L, N, H),
        [positions],
      );
    }
    case 'causalAttention': {
      const segments = integers([B, L], () => 0) as tf.Tensor2D;
      return differentiable(
        (q, k, v) => causalAttention(q as tf.Tensor4D, k as tf.Tensor4D, v as tf.Tensor4D, segments, segments),
        [normal(B, L, N, H), normal(B, L, K, H), normal(B, L, K, H)],
        normal(B, L, N, H),
        [segments],
      );
    }
    case 'swiglu':
      return differentiable(
        (gate, up) => swiglu(gate as tf.Tensor3D, up as tf.Tensor3D),
        [normal(B, L, F), normal(B, L, F)],
        normal(B, L, F),
      );
    case 'linearCrossEntropy': {
      const labels = integers([B * L], () => random.integer(V)) as tf.Tensor1D;
      return differentiable(
        (hidden, weight) => linearCrossEntropy(hidden as tf.Tensor2D, weight as tf.Tensor2D, labels, { summed: true }),
        [normal(B * L, D), normal(V, D)],
        tf.ones([B * L]),
        [labels],
      );
    }
    case 'adamwStep': {
      const [param, grad, m] = [normal(V, D), normal(V, D), normal(V, D)];
      const v = tf.tidy(() => tf.square(normal(V, D)));
      return {
        tensors: [param, grad, m, v],
        run: () => Object.values(adamwStep({ param, grad, m, v }, ADAMW)),
      };
    }
  }
}
