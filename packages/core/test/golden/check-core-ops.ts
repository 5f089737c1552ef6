/**
 * Holds every operation, forward and backward, to PyTorch's goldens on the backend that is current. Free of the test runner, so that
 * a process started with other environment variables (a Vulkan driver) can run it too.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  adamwStep,
  causalAttention,
  embedding,
  linear,
  linearCrossEntropy,
  type ParamMap,
  rmsNorm,
  rotaryEmbedding,
  swiglu,
  tf,
  valueAndGrad,
} from '../../src/index.ts';
import { formulaTensor } from '../formula-values.ts';

export interface OpCheck {
  /** Operation and what was compared, for instance `rmsNorm grad x`. */
  readonly name: string;
  /** Largest |ours - golden| / (1 + |golden|); NaN when a value is not a number. */
  readonly error: number;
  readonly tolerance: number;
  /** Tensors left behind by the case. */
  readonly numLeakedTensors: number;
}

interface Golden {
  readonly output: number[];
  readonly grads: Record<string, number[]>;
}

const TOLERANCE = 2e-6;
/** Angles up to 4095 radians carry float32 rounding in the golden itself. */
const ROTARY_TOLERANCE = 2e-5;

const goldens = JSON.parse(readFileSync(join(import.meta.dirname, 'core-ops.json'), 'utf8')) as Record<string, unknown>;

export const CORE_OP_CASES: Readonly<Record<string, () => Promise<OpCheck[]>>> = {
  embedding: () => {
    const golden = goldens.embedding as Golden & { ids: number[][] };
    return checkOp('embedding', golden, 2, { weight: formulaTensor(1, [11, 6]) }, (params) => {
      const ids_BL = tf.tensor2d(golden.ids, [2, 5], 'int32');
      return embedding(ids_BL, params.get('weight') as tf.Tensor2D);
    });
  },
  linear: () => {
    const inputs = { x: formulaTensor(3, [2, 5, 7]), weight: formulaTensor(4, [9, 7]), bias: formulaTensor(5, [9]) };
    return checkOp('linear', goldens.linear as Golden, 6, inputs, (params) =>
      linear(params.get('x') as tf.Tensor3D, params.get('weight') as tf.Tensor2D, params.get('bias') as tf.Tensor1D),
    );
  },
  rmsNorm: () => {
    const golden = goldens.rmsNorm as Golden & { eps: number };
    const inputs = { x: formulaTensor(7, [2, 5, 24], 3), weight: formulaTensor(8, [24], 2) };
    return checkOp('rmsNorm', golden, 9, inputs, (params) =>
      rmsNorm(params.get('x') as tf.Tensor3D, params.get('weight') as tf.Tensor1D, golden.eps),
    );
  },
  rotaryEmbedding: () => {
    const golden = goldens.rotaryEmbedding as Golden & { positionIds: number[][]; theta: number };
    const x = formulaTensor(10, [2, 6, 3, 8], 2);
    const run = (params: ParamMap) => {
      const positionIds_BL = tf.tensor2d(golden.positionIds, [2, 6], 'int32');
      return rotaryEmbedding(params.get('x') as tf.Tensor4D, positionIds_BL, golden.theta);
    };
    return checkOp('rotaryEmbedding', golden, 11, { x }, run, ROTARY_TOLERANCE);
  },
  attentionPacked: () => checkAttention('attentionPacked'),
  attentionMultiQuery: () => checkAttention('attentionMultiQuery'),
  attentionAllHeads: () => checkAttention('attentionAllHeads'),
  attentionCached: () => checkAttention('attentionCached'),
  swiglu: () => {
    const inputs = { gate: formulaTensor(60, [2, 4, 10], 6), up: formulaTensor(61, [2, 4, 10], 2) };
    return checkOp('swiglu', goldens.swiglu as Golden, 62, inputs, (params) =>
      swiglu(params.get('gate') as tf.Tensor3D, params.get('up') as tf.Tensor3D),
    );
  },
  linearCrossEntropy: () => {
    const golden = goldens.linearCrossEntropy as Golden & { labels: number[] };
    const inputs = { hidden: formulaTensor(70, [150, 8], 4), weight: formulaTensor(71, [37, 8], 2) };
    return checkOp('linearCrossEntropy', golden, 72, inputs, (params) => {
      const labels_T = tf.tensor1d(golden.labels, 'int32');
      return linearCrossEntropy(params.get('hidden') as tf.Tensor2D, params.get('weight') as tf.Tensor2D, labels_T);
    });
  },
  adamwStep: checkAdamW,
};

function checkAttention(name: string): Promise<OpCheck[]> {
  const golden = goldens[name] as Golden & {
    readonly [key in 'seed' | 'numQueries' | 'heads' | 'keyHeads' | 'headSize']: number;
  } & { readonly querySegmentIds: number[][]; readonly keySegmentIds: number[][] };
  const { seed, numQueries, heads, keyHeads, headSize, querySegmentIds, keySegmentIds } = golden;
  const numKeys = keySegmentIds[0]!.length;
  const inputs = {
    q: formulaTensor(seed, [2, numQueries, heads, headSize], 2),
    k: formulaTensor(seed + 1, [2, numKeys, keyHeads, headSize], 2),
    v: formulaTensor(seed + 2, [2, numKeys, keyHeads, headSize], 2),
  };
  return checkOp(name, golden, seed + 3, inputs, (params) => {
    const [q, k, v] = [...params.values()] as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    const queryIds_BL = tf.tensor2d(querySegmentIds, [2, numQueries], 'int32');
    return causalAttention(q, k, v, queryIds_BL, tf.tensor2d(keySegmentIds, [2, numKeys], 'int32'));
  });
}

async function checkAdamW(): Promise<OpCheck[]> {
  const golden = goldens.adamw as {
    readonly settings: Record<'learningRate' | 'beta1' | 'beta2' | 'eps' | 'weightDecay' | 'gradScale', number>;
    readonly params: number[][];
    readonly m: number[];
    readonly v: number[];
  };
  const before = tf.memory().numTensors;
  let state = {
    param: formulaTensor(80, [3, 5]) as tf.Tensor,
    m: tf.zeros([3, 5]) as tf.Tensor,
    v: tf.zeros([3, 5]) as tf.Tensor,
  };
  const checks: [string, Float32Array, number[]][] = [];
  for (const [index, expected] of golden.params.entries()) {
    const grad = formulaTensor(81 + index, [3, 5]);
    const next = adamwStep({ ...state, grad }, { ...golden.settings, step: index + 1 });
    tf.dispose([grad, state.param, state.m, state.v]);
    state = next;
    checks.push([`adamwStep param after step ${index + 1}`, (await state.param.data()) as Float32Array, expected]);
  }
  checks.push(['adamwStep m', (await state.m.data()) as Float32Array, golden.m]);
  checks.push(['adamwStep v', (await state.v.data()) as Float32Array, golden.v]);
  tf.dispose([state.param, state.m, state.v]);
  const numLeakedTensors = tf.memory().numTensors - before;
  return checks.map(([name, ours, expected]) => ({
    name,
    error: largestError(ours, expected),
    tolerance: TOLERANCE,
    numLeakedTensors,
  }));
}

/** Compares the output and the gradients of sum(output * cotangent); disposes the inputs. */
async function checkOp(
  name: string,
  golden: Golden,
  cotangentSeed: number,
  inputs: Record<string, tf.Tensor>,
  run: (params: ParamMap) => tf.Tensor,
  tolerance = TOLERANCE,
): Promise<OpCheck[]> {
  const params = new Map(Object.entries(inputs));
  const numTensors = tf.memory().numTensors - params.size;
  const { loss, aux, grads } = valueAndGrad(params, () => {
    const output = run(params);
    const cotangent = formulaTensor(cotangentSeed, output.shape);
    return { loss: tf.sum(tf.mul(output, cotangent)) as tf.Scalar, aux: { output } };
  });
  const errors: [string, number][] = [['output', largestError(await aux.output!.data(), golden.output)]];
  for (const [parameter, gradient] of grads) {
    errors.push([`grad ${parameter}`, largestError(await gradient.data(), golden.grads[parameter]!)]);
  }
  tf.dispose([loss, aux.output!, ...grads.values(), ...params.values()]);
  const numLeakedTensors = tf.memory().numTensors - numTensors;
  return errors.map(([what, error]) => ({ name: `${name} ${what}`, error, tolerance, numLeakedTensors }));
}

function largestError(ours: ArrayLike<number>, golden: readonly number[]): number {
  if (ours.length !== golden.length) return Number.NaN;
  return golden.reduce((worst, expected, index) => {
    const error = Math.abs(ours[index]! - expected) / (1 + Math.abs(expected));
    return Number.isNaN(error) || Number.isNaN(worst) ? Number.NaN : Math.max(worst, error);
  }, 0);
}
