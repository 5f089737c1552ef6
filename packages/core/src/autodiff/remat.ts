/**
 * Recomputation: runs a block without remembering its insides, and runs it again when the gradient is needed.
 *
 * Source: Chen et al. 2016, arXiv:1604.06174; `torch.utils.checkpoint`, `jax.checkpoint`.
 * Differs: the block's result must depend on nothing random, as it is computed twice.
 */
import { customOp } from '../ops/custom-op.ts';
import type { tf } from '../tf.ts';
import { backpropagate } from './tape.ts';

/**
 * @param block pure function of its inputs. Weights and ids that it reads must be passed as inputs: gradients flow only to
 *   inputs, and a tensor that the loss made and the block merely captured is gone when the block runs again.
 * @param inputs float32 tensors get gradients; others (ids) are handed through; not disposed
 * @returns the block's result; only `inputs` are kept for the backward pass
 */
export function remat<Inputs extends tf.Tensor[]>(
  block: (...inputs: Inputs) => tf.Tensor,
  ...inputs: Inputs
): tf.Tensor {
  return customOp(
    inputs,
    () => ({ value: block(...inputs), saved: inputs }),
    (dy, saved, needs) => {
      const output = () => ({ output: block(...(saved as Inputs)) });
      const wanted = saved.filter((_, index) => needs[index]);
      const gradients = backpropagate(output, wanted, dy).grads.values();
      return needs.map((isNeeded) => (isNeeded ? gradients.next().value! : null));
    },
  );
}
