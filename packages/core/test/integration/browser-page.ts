/**
 * What runs inside the page: the backend of the address (`/?wasm`) starts, a gradient is right, fused operations agree with the composed
 * ones of the cpu backend, the result is posted to the server.
 */

import {
  type BackendName,
  causalAttention,
  disposeParams,
  initBackend,
  linear,
  linearCrossEntropy,
  probeBackends,
  rmsNorm,
  tf,
  valueAndGrad,
} from '../../src/index.ts';
import { formulaTensor } from '../formula-values.ts';

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
  const isFused = tf.getKernel('MarcoAttention', record.tfjsName) !== undefined;
  const fused = await normAttentionAndLoss();
  await initBackend({ prefer: ['cpu'] });
  const composed = await normAttentionAndLoss();
  const fusedError = fused.reduce((worst, value, index) => Math.max(worst, Math.abs(value - composed[index]!)), 0);
  await finish({ ...result, record, probes, isFused, fusedError, numTensors: tf.memory().numTensors });
} catch (error) {
  await finish({ error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
}

/** @returns the losses and all gradients of a norm, attention and cross-entropy one after the other */
async function normAttentionAndLoss(): Promise<number[]> {
  const params = new Map<string, tf.Tensor>([
    ['x', formulaTensor(1, [2, 40, 16], 4)],
    ['weight', formulaTensor(2, [16], 2)],
    ['words', formulaTensor(3, [50, 16], 4)],
  ]);
  const { loss, aux, grads } = valueAndGrad(params, (p) => {
    const y = rmsNorm(p.get('x') as tf.Tensor3D, p.get('weight') as tf.Tensor1D, 1e-6);
    const heads = tf.reshape(y, [2, 40, 2, 8]) as tf.Tensor4D;
    const segmentIds = tf.cast(tf.greater(tf.reshape(tf.range(0, 80), [2, 40]), 25), 'int32') as tf.Tensor2D;
    const hidden = tf.reshape(causalAttention(heads, heads, heads, segmentIds, segmentIds), [80, 16]) as tf.Tensor2D;
    const labels = tf.range(0, 80, 1, 'int32').mod(tf.scalar(50, 'int32')) as tf.Tensor1D;
    const nll = linearCrossEntropy(hidden, p.get('words') as tf.Tensor2D, labels);
    return { loss: tf.sum(nll) as tf.Scalar, aux: { nll } };
  });
  const tensors = [aux.nll!, ...grads.values()];
  const values = await Promise.all(tensors.map((tensor) => tensor.data()));
  tf.dispose([loss, ...tensors, ...params.values()]);
  return values.flatMap((array) => [...array]);
}

async function finish(result: object): Promise<void> {
  await fetch('/result', { method: 'POST', body: JSON.stringify(result) });
}
