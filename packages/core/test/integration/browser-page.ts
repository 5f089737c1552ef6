/**
 * What runs inside the page: the embedded backend starts, a gradient is right, and the result is written into the document.
 */
import { disposeParams, initBackend, linear, probeBackends, tf, valueAndGrad } from '../../src/index.ts';

declare global {
  interface Window {
    finish(result: object): void;
  }
}

try {
  const record = await initBackend({ prefer: ['wasm'] });
  const params = new Map([['w', tf.tensor2d([[2, 3]])]]);
  const { loss, grads } = valueAndGrad(params, (p) => {
    const x = tf.tensor2d([[5, 7]]);
    return { loss: tf.sum(linear(x, p.get('w') as tf.Tensor2D)) as tf.Scalar };
  });
  const result = { loss: [...(await loss.data())], gradient: [...(await grads.get('w')!.data())] };
  loss.dispose();
  disposeParams(grads);
  disposeParams(params);
  const probes = await probeBackends();
  finish({ ...result, backend: record.name, simd: record.simd, probes, numTensors: tf.memory().numTensors });
} catch (error) {
  finish({ error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
}

function finish(result: object): void {
  document.body.textContent = JSON.stringify(result);
}
