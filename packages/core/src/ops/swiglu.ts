/**
 * Gated activation of the feed-forward layer: y = silu(gate) * up, silu(a) = a * sigmoid(a).
 *
 * Source: Shazeer 2020, arXiv:2002.05202; `Qwen2MLP` in transformers.
 */
import { expectShape } from '../shape/expect-shape.ts';
import { tf } from '../tf.ts';
import { customOp, hasKernel, runKernel } from './custom-op.ts';
import { asRows, fromRows } from './rows.ts';

/**
 * @param gate [B, L, F] or [T, F]; not disposed
 * @param up of gate's shape; not disposed
 * @returns of their shape, owned by the caller
 */
export function swiglu<Input extends tf.Tensor2D | tf.Tensor3D>(gate: Input, up: Input): Input {
  if (gate.rank === 2) expectShape('swiglu', { gate_TF: gate, up_TF: up });
  else expectShape('swiglu', { gate_BLF: gate, up_BLF: up });
  const fused = hasKernel('MarcoSwiglu');
  return customOp(
    [gate, up],
    () => {
      const value = fused
        ? fromRows(runKernel('MarcoSwiglu', { gate: asRows(gate), up: asRows(up) })[0]!, gate)
        : (tf.mul(tf.mul(gate, tf.sigmoid(gate)), up) as Input);
      return { value, saved: [gate, up] };
    },
    (dy, [keptGate, keptUp]) =>
      fused
        ? runKernel('MarcoSwigluGrad', { dy: asRows(dy), gate: asRows(keptGate!), up: asRows(keptUp!) }).map((rows) =>
            fromRows(rows, gate),
          )
        : composedBackward(dy, keptGate!, keptUp!),
  );
}

/** d silu(a)/da = sigmoid(a) * (1 + a * (1 - sigmoid(a))). */
function composedBackward(dy: tf.Tensor, gate: tf.Tensor, up: tf.Tensor): tf.Tensor[] {
  const sigmoid = tf.sigmoid(gate);
  const slope = tf.mul(sigmoid, tf.add(1, tf.mul(gate, tf.sub(1, sigmoid))));
  return [tf.mul(tf.mul(dy, up), slope), tf.mul(dy, tf.mul(gate, sigmoid))];
}
