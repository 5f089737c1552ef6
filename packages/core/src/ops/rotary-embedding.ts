/**
 * Rotary position embedding in the rotate-half layout: dimension i and i + H/2 turn together by position * theta^(-2i/H).
 *
 * Source: Su et al. 2021, arXiv:2104.09864; `apply_rotary_pos_emb` of Qwen2 in transformers.
 */
import { coreError } from '../core-error.ts';
import { expectShape } from '../shape/expect-shape.ts';
import { tf } from '../tf.ts';
import { customOp, hasKernel, runKernel } from './custom-op.ts';

/** 2π in two parts: the first has 8 significant bits, so that turns * TWO_PI_HIGH is exact in float32 below 65,536 turns. */
const TWO_PI_HIGH = 6.28125;
const TWO_PI_LOW = 2 * Math.PI - TWO_PI_HIGH;

/**
 * @param x_BLNH queries or keys (then N is the number of key/value heads), H even; not disposed
 * @param positionIds_BL int32, from 0, restarting at each packed document; not disposed
 * @param theta base of the wavelengths (config `ropeTheta`)
 * @returns [B, L, N, H], owned by the caller
 */
export function rotaryEmbedding(x_BLNH: tf.Tensor4D, positionIds_BL: tf.Tensor2D, theta: number): tf.Tensor4D {
  const { H } = expectShape('rotaryEmbedding', { x_BLNH, positionIds_BL });
  if (H % 2 !== 0) throw coreError('rotaryEmbedding', `head size must be even, got ${H} at x_BLNH [${x_BLNH.shape}].`);
  if (positionIds_BL.dtype !== 'int32') {
    throw coreError('rotaryEmbedding', `positions must be int32, got ${positionIds_BL.dtype} at positionIds_BL.`);
  }
  if (!(theta > 0)) throw coreError('rotaryEmbedding', `theta must be positive, got ${theta}.`);
  const rotate = hasKernel('MarcoRope') ? fusedRotate : composedRotate;
  return customOp(
    [x_BLNH],
    () => ({ value: rotate(x_BLNH, positionIds_BL, theta, false), saved: [positionIds_BL] }),
    (dy_BLNH, [positionIds]) => [rotate(dy_BLNH, positionIds as tf.Tensor2D, theta, true)],
  );
}

function fusedRotate(x: tf.Tensor4D, positionIds: tf.Tensor2D, theta: number, inverse: boolean): tf.Tensor4D {
  return runKernel('MarcoRope', { x, positionIds }, { theta, inverse })[0] as tf.Tensor4D;
}

function composedRotate(
  x_BLNH: tf.Tensor4D,
  positionIds_BL: tf.Tensor2D,
  theta: number,
  inverse: boolean,
): tf.Tensor4D {
  const [B, L, N, H] = x_BLNH.shape;
  const half = H / 2;
  const frequencies = tf.tensor1d(Float32Array.from({ length: half }, (_, index) => theta ** ((-2 * index) / H)));
  const angle = tf.mul(tf.reshape(tf.cast(positionIds_BL, 'float32'), [B, L, 1, 1]), frequencies);
  // GPUs promise precise sines only within one turn, so the whole turns come off first.
  const turns = tf.floor(tf.add(tf.mul(angle, 1 / (2 * Math.PI)), 0.5));
  const reduced = tf.sub(tf.sub(angle, tf.mul(turns, TWO_PI_HIGH)), tf.mul(turns, TWO_PI_LOW));
  const cos = tf.cos(reduced);
  const sin = inverse ? tf.neg(tf.sin(reduced)) : tf.sin(reduced);
  const first = tf.slice(x_BLNH, [0, 0, 0, 0], [B, L, N, half]);
  const second = tf.slice(x_BLNH, [0, 0, 0, half], [B, L, N, half]);
  return tf.concat(
    [tf.sub(tf.mul(first, cos), tf.mul(second, sin)), tf.add(tf.mul(second, cos), tf.mul(first, sin))],
    3,
  ) as tf.Tensor4D;
}
