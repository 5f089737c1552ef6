/**
 * The contestant for single tensor operations: one tfjs backend in one process.
 *
 * Usage: node tensors.js <backend> <threads>, then requests on standard input.
 */
import { answerRequests } from './answer-requests.ts';
import { startTensorBackend, type TensorBackend } from './start-tensor-backend.ts';
import { type MatrixProduct, timeMatrixProduct } from './time-matrix-product.ts';

interface Request extends MatrixProduct {
  readonly task: 'matrix-product';
  readonly durationSeconds: number;
}

const [backend, threads] = process.argv.slice(2) as [TensorBackend, string];

await answerRequests<Request>(async () => ({
  facts: await startTensorBackend(backend, Number(threads)),
  answer: (request) => ({ seconds: timeMatrixProduct(request, request.durationSeconds) }),
}));
