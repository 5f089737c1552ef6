/**
 * The contestant for single tensor operations: one tfjs backend in one process.
 *
 * Usage: node tensors.program.js <backend> <threads>, then requests on standard input.
 */
import { answerRequests } from './answer-requests.ts';
import { startTensorBackend, type TensorBackend } from './start-tensor-backend.ts';
import { type LayerShape, type TimedOp, timeFusedOp } from './time-fused-op.ts';
import { type MatrixProduct, timeMatrixProduct } from './time-matrix-product.ts';

type Request = { readonly durationSeconds: number } & (
  | ({ readonly task: 'matrix-product' } & MatrixProduct)
  | { readonly task: 'op'; readonly op: TimedOp; readonly shape: LayerShape; readonly isFused: boolean }
);

const [backend, threads] = process.argv.slice(2) as [TensorBackend, string];

await answerRequests<Request>(async () => ({
  facts: await startTensorBackend(backend, Number(threads)),
  answer: (request) => ({
    seconds:
      request.task === 'op'
        ? timeFusedOp(request.op, request.shape, request.isFused, request.durationSeconds)
        : timeMatrixProduct(request, request.durationSeconds),
  }),
}));
