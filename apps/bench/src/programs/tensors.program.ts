/**
 * The contestant for single tensor operations: one tfjs backend in one process.
 *
 * Usage: node tensors.program.js <backend> <threads>, then requests on standard input. `{"task": "start-up"}` answers the seconds from nothing
 * loaded of the backend to the first number read from it.
 */
import { tf } from '@marco-ts/core';
import { answerRequests } from './answer-requests.ts';
import { startTensorBackend, type TensorBackend } from './start-tensor-backend.ts';
import { type LayerShape, type TimedOp, timeFusedOp } from './time-fused-op.ts';
import { type MatrixProduct, timeMatrixProduct } from './time-matrix-product.ts';

type TimedRequest = { readonly durationSeconds: number } & (
  | ({ readonly task: 'matrix-product' } & MatrixProduct)
  | { readonly task: 'op'; readonly op: TimedOp; readonly shape: LayerShape; readonly isFused: boolean }
);

const [backend, threads] = process.argv.slice(2) as [TensorBackend, string];

const seconds = (request: TimedRequest): number =>
  request.task === 'op'
    ? timeFusedOp(request.op, request.shape, request.isFused, request.durationSeconds)
    : timeMatrixProduct(request, request.durationSeconds);

await answerRequests<TimedRequest | { readonly task: 'start-up' }>(async () => {
  const start = performance.now();
  const facts = await startTensorBackend(backend, Number(threads));
  await tf.tidy(() => tf.exp(tf.scalar(1))).data();
  const startSeconds = (performance.now() - start) / 1000;
  return {
    facts,
    answer: (request) => ({ seconds: request.task === 'start-up' ? startSeconds : seconds(request) }),
  };
});
