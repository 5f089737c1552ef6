/**
 * Parameters are data: an ordered map from Hugging Face's parameter name to a plain tensor. Models, gradients, moments and
 * averages all have this type; there is no `tf.Variable` and no registry.
 *
 * Source: the parameter trees of JAX; `state_dict` in PyTorch for the names.
 */
import { coreError } from '../core-error.ts';
import { tf } from '../tf.ts';

/** Keyed by exact Hugging Face names, for instance `model.layers.0.self_attn.q_proj.weight`. */
export type ParamMap = ReadonlyMap<string, tf.Tensor>;

/** @returns a map of new tensors over the same bytes; cheap, and either map may be disposed without harm to the other */
export function copyParams(params: ParamMap): ParamMap {
  const copy = new Map<string, tf.Tensor>();
  for (const [name, tensor] of params) {
    if (tensor.isDisposed) throw coreError('copyParams', `tensors must be alive, got the disposed ${name}.`);
    copy.set(name, tf.clone(tensor));
  }
  return copy;
}

/** Frees every tensor of the map; tensors already freed are passed over. */
export function disposeParams(params: ParamMap): void {
  for (const tensor of params.values()) {
    if (!tensor.isDisposed) tensor.dispose();
  }
}

/** @returns the number of scalars in the map; a tensor that stands under two names is counted once */
export function countParams(params: ParamMap): number {
  let count = 0;
  for (const tensor of new Set(params.values())) count += tensor.size;
  return count;
}
