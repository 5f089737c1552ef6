/**
 * The tfjs union package, imported once for the whole repository, and quiet.
 *
 * The union package registers every chained method, every gradient and the `cpu` (in browsers also `webgl`) backend. Two
 * copies of tfjs in one program share one engine (it hangs on the global object), so other packages that depend on
 * `@tensorflow/tfjs-core` work with it.
 */
import * as tf from '@tensorflow/tfjs';

/**
 * On its first write in Node the cpu backend prints a banner advertising tfjs-node. The flag it looks at is a field of the
 * backend object; switching the field leaves every other warning of tfjs alone, which its `PROD` and `IS_TEST` flags do not.
 */
const cpuBackend = tf.findBackend('cpu') as { firstUse?: boolean } | null;
if (cpuBackend !== null && 'firstUse' in cpuBackend) cpuBackend.firstUse = false;

export { tf };
