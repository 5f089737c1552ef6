import { beforeAll, describe, expect, test } from 'vitest';
import { formulaTensor } from '../../test/formula-values.ts';
import { valueAndGrad } from '../autodiff/value-and-grad.ts';
import { initBackend } from '../backend/init-backend.ts';
import { tf } from '../tf.ts';
import { embedding } from './embedding.ts';
import { linear } from './linear.ts';
import { rmsNorm } from './rms-norm.ts';
import { swiglu } from './swiglu.ts';

const [B, L, D, V] = [2, 3, 5, 7];
const ids = [4, 0, 6, 6, 2, 1];

/** An operation of x and a weight, and what it gives for each shape that the same tokens may come in. */
interface Shaped {
  readonly weight: number[];
  readonly op: (x: tf.Tensor2D | tf.Tensor3D, weight: tf.Tensor) => tf.Tensor;
}

const OPS: Record<string, Shaped> = {
  linear: { weight: [4, D], op: (x, weight) => linear(x as tf.Tensor2D, weight as tf.Tensor2D) },
  'linear with a bias': {
    weight: [4],
    op: (x, bias) => linear(x as tf.Tensor2D, formulaTensor(3, [4, D]) as tf.Tensor2D, bias as tf.Tensor1D),
  },
  rmsNorm: { weight: [D], op: (x, weight) => rmsNorm(x as tf.Tensor2D, weight as tf.Tensor1D, 1e-6) },
  swiglu: {
    weight: [1],
    op: (x, weight) => swiglu(x as tf.Tensor2D, tf.mul(tf.onesLike(x), weight) as tf.Tensor2D),
  },
  embedding: {
    weight: [V, D],
    op: (x, table) =>
      x.rank === 2
        ? embedding(tf.tensor1d(ids, 'int32'), table as tf.Tensor2D)
        : embedding(tf.tensor2d(ids, [B, L], 'int32'), table as tf.Tensor2D),
  },
};

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  beforeAll(async () => {
    await initBackend({ prefer: [backend] });
  });

  test.each(Object.entries(OPS))(
    '%s of rows [T, D] is that of a batch [B, L, D], and so are its gradients',
    async (_, { weight, op }) => {
      const run = (shape: number[]) => {
        const params = new Map([
          ['x', formulaTensor(1, shape, 4)],
          ['weight', formulaTensor(2, weight, 2)],
        ]);
        const of = (p: ReadonlyMap<string, tf.Tensor>) => op(p.get('x') as tf.Tensor2D, p.get('weight')!);
        const y = tf.tidy(() => of(params));
        const { grads } = valueAndGrad(params, (p) => ({ loss: tf.sum(tf.square(of(p))) as tf.Scalar }));
        return { y, values: [y, grads.get('x')!, grads.get('weight')!].map((tensor) => [...tensor.dataSync()]) };
      };
      const rows = run([B * L, D]);
      const batch = run([B, L, D]);
      expect(rows.y.rank).toBe(2);
      expect(batch.y.shape).toEqual([B, L, rows.y.shape[1]]);
      expect(rows.values).toEqual(batch.values);
    },
  );
});

test('a gradient that is another tensor, or the same for two inputs, is the caller’s own all the same', () => {
  const params = new Map<string, tf.Tensor>([
    ['a', tf.tensor1d([1, 2])],
    ['b', tf.tensor1d([3, 4])],
  ]);
  const { loss, grads } = valueAndGrad(params, (p) => ({
    loss: tf.sum(tf.add(p.get('a')!, p.get('b')!)) as tf.Scalar,
  }));
  grads.get('a')!.dispose();
  loss.dispose();
  expect([...grads.get('b')!.dataSync()]).toEqual([1, 1]);
  grads.get('b')!.dispose();
  expect([...params.get('a')!.dataSync()]).toEqual([1, 2]);
});
