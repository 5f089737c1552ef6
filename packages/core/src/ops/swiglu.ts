/**
 * Gated activation of the feed-forward layer: y = silu(gate) * up, silu(a) = a * sigmoid(a).
 *
 * Source: Shazeer 2020, arXiv:2002.05202; `Qwen2MLP` in transformers.
 */
import { expectShape } from '../shape/expect-shape.ts';
import { tf } from '../tf.ts';
import { customOp, hasKernel, runKernel } from './custom-op.ts';

/**
 * @param gate_BLF not disposed
 * @param up_BLF not disposed
 * @returns [B, L, F], owned by the caller
 */
export function swiglu(gate_BLF: tf.Tensor3D, up_BLF: tf.Tensor3D): tf.Tensor3D {
  const { B, L, F } = expectShape('swiglu', { gate_BLF, up_BLF });
  const rows = (x: tf.Tensor) => tf.reshape(x, [B * L, F]);
  const unrows = (x: tf.Tensor) => tf.reshape(x, [B, L, F]) as tf.Tensor3D;
  const fused = hasKernel('MarcoSwiglu');
  return customOp(
    [gate_BLF, up_BLF],
    () => {
      const value = fused
        ? unrows(runKernel('MarcoSwiglu', { gate: rows(gate_BLF), up: rows(up_BLF) })[0]!)
        : (tf.mul(tf.mul(gate_BLF, tf.sigmoid(gate_BLF)), up_BLF) as tf.Tensor3D);
      return { value, saved: [gate_BLF, up_BLF] };
    },
    (dy_BLF, [gate, up]) =>
      fused
        ? runKernel('MarcoSwigluGrad', { dy: rows(dy_BLF), gate: rows(gate!), up: rows(up!) }).map(unrows)
        : composedBackward(dy_BLF, gate!, up!),
  );
}

/** d silu(a)/da = sigmoid(a) * (1 + a * (1 - sigmoid(a))). */
function composedBackward(dy: tf.Tensor, gate: tf.Tensor, up: tf.Tensor): tf.Tensor[] {
  const sigmoid = tf.sigmoid(gate);
  const slope = tf.mul(sigmoid, tf.add(1, tf.mul(gate, tf.sub(1, sigmoid))));
  return [tf.mul(tf.mul(dy, up), slope), tf.mul(dy, tf.mul(gate, sigmoid))];
}
