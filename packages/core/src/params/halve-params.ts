/**
 * Frozen parameters at two bytes a weight: matrices as float16 where the backend can store them so, else as they are.
 *
 * Differs: the tensors stay float32 to every operation; a backend without kernel MarcoFloat16Storage gets copies, with all bits.
 */
import { hasKernel } from '../ops/custom-op.ts';
import { tf } from '../tf.ts';
import { copyParams, type ParamMap } from './param-map.ts';

const KERNEL = 'MarcoFloat16Storage';

/**
 * For what is not trained: generation, a reference model, the base under LoRA. Each matrix is rounded to 11 bits, relative to its largest value;
 * vectors keep float32.
 *
 * @param params not disposed: dispose it afterwards to gain the memory
 * @returns a map owned by the caller
 */
export function halveParams(params: ParamMap): ParamMap {
  if (!hasKernel(KERNEL)) return copyParams(params);
  const halved = new Map<string, tf.Tensor>();
  for (const [name, tensor] of params) {
    const isMatrix = tensor.rank > 1 && tensor.size > 0;
    const [stored] = isMatrix ? (tf.engine().runKernel(KERNEL, { x: tensor }) as tf.Tensor[]) : [tf.clone(tensor)];
    halved.set(name, stored!);
  }
  return halved;
}
