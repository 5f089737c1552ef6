/**
 * What runs inside the page: the backend of the address (`/?wasm`) starts, a gradient is right, the result is posted to the server.
 */
import {
  type BackendName,
  disposeParams,
  initBackend,
  linear,
  probeBackends,
  tf,
  valueAndGrad,
} from '../../src/index.ts';

try {
  const record = await initBackend({ prefer: [window.location.search.slice(1) as BackendName] });
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
  await finish({ ...result, record, probes, numTensors: tf.memory().numTensors });
} catch (error) {
  await finish({ error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
}

async function finish(result: object): Promise<void> {
  await fetch('/result', { method: 'POST', body: JSON.stringify(result) });
}
