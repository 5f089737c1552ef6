/**
 * The tfjs union package, imported once for the whole repository, and quiet.
 *
 * The union package registers every chained method, every gradient and the `cpu` (in browsers also `webgl`) backend. Two
 * copies of tfjs in one program share one engine (it hangs on the global object), so other packages that depend on
 * `@tensorflow/tfjs-core` work with it.
 */
import * as tf from '@tensorflow/tfjs';

quietCpuBackend();

/**
 * On its first write in Node the cpu backend prints a banner that advertises tfjs-node. The field it looks at is cleared on each
 * instance as it is made; tfjs's `PROD` and `IS_TEST` flags would silence its warnings as well.
 */
function quietCpuBackend(): void {
  const { registry } = tf.engine() as unknown as { registry: Record<string, object> };
  const quiet = <Backend extends object>(backend: Backend): Backend => Object.assign(backend, { firstUse: false });
  if (registry.cpu !== undefined) {
    quiet(registry.cpu);
    return;
  }
  const factory = tf.findBackendFactory('cpu') as (() => tf.KernelBackend) | null;
  if (factory === null) return;
  tf.removeBackend('cpu');
  tf.registerBackend('cpu', () => quiet(factory()), 1);
}

export { tf };
