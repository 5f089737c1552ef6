import { tf } from '../tf.ts';

/** `cpu`, `tensorflow` and `webgpu` keep the array itself, at least until a kernel first needs it. */
const COPYING_BACKENDS = new Set(['marco-wasm']);

/** Whether `tf.tensor(values)` copies at once on the current backend, so that the caller may use its array again. */
export function copiesNewValues(): boolean {
  return COPYING_BACKENDS.has(tf.getBackend());
}
