import { expect, expectTypeOf, test } from 'vitest';
import { tf } from '../tf.ts';
import { expectShape } from './expect-shape.ts';
import { ShapeError } from './shape-error.ts';

function thrownBy(run: () => unknown): Error {
  try {
    run();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

test('binds every letter to its size', () => {
  const x_BLD = tf.zeros([2, 3, 4]);
  const weight_D = tf.zeros([4]);
  const sizes = expectShape('rmsNorm', { x_BLD, weight_D });
  expect(sizes).toEqual({ B: 2, L: 3, D: 4 });
  expectTypeOf(sizes).toEqualTypeOf<Record<'B' | 'L' | 'D', number>>();
  tf.dispose([x_BLD, weight_D]);
});

test('a letter with two sizes lists every shape and where each size came from', () => {
  const x_BLD = tf.zeros([2, 3, 4]);
  const weight_D = tf.zeros([5]);
  const error = thrownBy(() => expectShape('rmsNorm', { x_BLD, weight_D }));
  expect(ShapeError.isShapeError(error)).toBe(true);
  expect(error.message).toBe(
    '[@marco-ts/core] rmsNorm: D must be one size, but is 4 in x_BLD and 5 in weight_D, got x_BLD [2,3,4], weight_D [5].',
  );
  tf.dispose([x_BLD, weight_D]);
});

test('a wrong rank is named, also for a function of another package', () => {
  const ids_BL = tf.zeros([2]);
  const error = thrownBy(() => expectShape('@marco-ts/model qwen2Hidden', { ids_BL }));
  expect(error.message).toBe('[@marco-ts/model] qwen2Hidden: ids_BL must have 2 dimensions [B,L], got ids_BL [2].');
  ids_BL.dispose();
});

test('something that is no tensor is named', () => {
  const error = thrownBy(() => expectShape('rmsNorm', { x_BLD: undefined as never }));
  expect(error.message).toBe('[@marco-ts/core] rmsNorm: x_BLD must be a tensor, got undefined.');
});

test('errors of another copy of the package are recognised, others are not', () => {
  const foreign = Object.assign(new Error('x'), { [Symbol.for('@marco-ts/core/ShapeError')]: true });
  expect(ShapeError.isShapeError(foreign)).toBe(true);
  expect(ShapeError.isShapeError(new Error('x'))).toBe(false);
  expect(ShapeError.isShapeError(null)).toBe(false);
});
